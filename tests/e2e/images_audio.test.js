// The official SDK for what is passed through: images, audio, moderations.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { Gateway } from './gateway.js';
import { clientOf } from './suite.js';
import { gatewayKey, keys, sendJson } from './upstream.js';

const image = { created: 1700000000, data: [{ b64_json: 'AAAA' }], usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } };

// Keeps what it got, answers as OpenAI does; `script` stands in for one answer.
class Provider {
  requests = [];

  static async start() {
    const provider = new Provider();
    provider.server = http.createServer((request, response) => void provider.answer(request, response));
    await new Promise((resolve) => provider.server.listen(0, '127.0.0.1', resolve));
    provider.url = `http://127.0.0.1:${provider.server.address().port}/v1`;
    return provider;
  }

  async answer(request, response) {
    const chunks = [];
    for await (const part of request) chunks.push(part);
    const seen = { url: request.url, headers: request.headers, bytes: Buffer.concat(chunks) };
    this.requests.push(seen);
    if (this.script) return void this.script(response, seen);
    if (request.headers.authorization !== `Bearer ${keys.first}`) return sendJson(response, 401, { error: { message: 'no' } });
    if (request.url === '/v1/images/generations' || request.url === '/v1/images/edits') return sendJson(response, 200, image);
    if (request.url === '/v1/audio/transcriptions') return sendJson(response, 200, { text: 'hello' });
    if (request.url === '/v1/moderations') return sendJson(response, 200, { id: 'modr-1', model: 'm', results: [{ flagged: false }] });
    return sendJson(response, 404, { error: { message: `nothing at ${request.url}`, type: 'invalid_request_error', param: null, code: null } });
  }

  // The parts of a form, as a strict reader finds them.
  async form(at = 0) {
    const { headers, bytes } = this.requests[at];
    return new Response(bytes, { headers: { 'content-type': headers['content-type'] } }).formData();
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

describe('images, audio and moderations through the official SDK', () => {
  let provider;
  let gateway;
  let client;

  before(async () => {
    provider = await Provider.start();
    gateway = await Gateway.start({
      schema_version: 1,
      general: { gateway_api_key: gatewayKey },
      models: { t1: [{ model: 'small', provider: 'first' }] },
      providers: { custom: { first: { base_url: provider.url, api_key: keys.first, passthrough: ['images', 'audio', 'moderations'] } } },
    });
    client = clientOf(gateway);
  });

  beforeEach(() => {
    provider.requests.length = 0;
    provider.script = undefined;
  });

  after(async () => {
    const code = await gateway?.stop();
    await provider.stop();
    assert.equal(code, 0, gateway?.output);
  });

  test('images.generate', async () => {
    const answer = await client.images.generate({ model: 'first/gpt-image-1', prompt: 'a cat', n: 1 });
    assert.deepEqual({ ...answer }, image);
    const [seen] = provider.requests;
    assert.deepEqual(JSON.parse(seen.bytes), { model: 'gpt-image-1', prompt: 'a cat', n: 1 });
    assert.equal(seen.headers.authorization, `Bearer ${keys.first}`);
    assert.ok(!JSON.stringify(seen.headers).includes(gatewayKey));
  });

  test('images.generate, streamed', async () => {
    const events = [
      { type: 'image_generation.partial_image', b64_json: 'AA', partial_image_index: 0 },
      { type: 'image_generation.completed', b64_json: 'AAAA' },
    ];
    provider.script = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
      response.end();
    };
    const stream = await client.images.generate({ model: 'gpt-image-1', prompt: 'x', stream: true, partial_images: 1 });
    const seen = [];
    for await (const event of stream) seen.push(event);
    assert.deepEqual(seen, events);
  });

  test('images.edit with the model behind the image', async () => {
    const bytes = Buffer.alloc(3_000_000, 7);
    await client.images.edit({ image: await toFile(bytes, 'a.png', { type: 'image/png' }), prompt: 'x', model: 'gpt-image-1' });
    const form = await provider.form();
    assert.equal(form.get('model'), 'gpt-image-1');
    assert.ok(Buffer.from(await form.get('image').arrayBuffer()).equals(bytes));
  });

  test('audio.transcriptions', async () => {
    const bytes = Buffer.alloc(5_000_000, 9);
    const answer = await client.audio.transcriptions.create({
      model: 'first/whisper-1', file: await toFile(bytes, 'a.mp3', { type: 'audio/mpeg' }),
    });
    assert.equal(answer.text, 'hello');
    const form = await provider.form();
    assert.equal(form.get('model'), 'whisper-1');
    assert.ok(Buffer.from(await form.get('file').arrayBuffer()).equals(bytes));
  });

  test('audio.speech comes piece by piece', async () => {
    let goOn;
    const heard = new Promise((resolve) => (goOn = resolve));
    provider.script = async (response) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg' });
      response.write(Buffer.alloc(1000, 1));
      await heard;
      response.end(Buffer.alloc(1000, 2));
    };
    const answer = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'hello' });
    assert.equal(answer.headers.get('content-type'), 'audio/mpeg');
    const parts = [];
    for await (const part of answer.body) {
      parts.push(Buffer.from(part));
      goOn();
    }
    assert.ok(Buffer.concat(parts).equals(Buffer.concat([Buffer.alloc(1000, 1), Buffer.alloc(1000, 2)])));
  });

  test('moderations.create', async () => {
    const answer = await client.moderations.create({ model: 'omni-moderation-latest', input: 'x' });
    assert.equal(answer.results[0].flagged, false);
  });

  test('errors are the SDK\'s own', async () => {
    provider.script = (response) => sendJson(response, 400, { error: { message: 'bad size', type: 'invalid_request_error', param: 'size', code: 'bad_size' } });
    await assert.rejects(client.images.generate({ model: 'm', prompt: 'x' }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.deepEqual([error.param, error.code], ['size', 'bad_size']);
      return true;
    });
    provider.script = (response) => sendJson(response, 401, { error: { message: `Incorrect API key ${keys.first}` } });
    await assert.rejects(client.moderations.create({ input: 'x' }), (error) => {
      assert.equal(error.status, 502);
      assert.ok(!error.message.includes(keys.first), error.message);
      return true;
    });
    await assert.rejects(clientOf(gateway, 'wrong').images.generate({ prompt: 'x' }), OpenAI.AuthenticationError);
  });
});
