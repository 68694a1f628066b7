// Streams: cut anywhere, many at once, aborted by the client, broken by the provider.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { within } from './gateway.js';
import { gatewaySuite, messages, textOf } from './suite.js';
import { beginStream, chunk, sse, streamOf } from './upstream.js';

const multilingual = '你好，世界 🌍🚀👩‍👩‍👧 naïve العربية \u{10FFFF} "\\\n';

gatewaySuite('streams through the SDK', (own) => {
  for (const [name, size] of [['bytes', 1], ['pieces of 3 bytes', 3], ['pieces of 7 bytes', 7], ['pieces of 1000 bytes', 1000]]) {
    test(`Chinese and emoji survive a stream sent in ${name}, each in a packet of its own`, async () => {
      own.upstream.next('first', async (_request, response, body) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.socket.setNoDelay(true);
        const bytes = Buffer.from(streamOf([...multilingual], body));
        for (let at = 0; at < bytes.length; at += size) {
          // The callback comes when the kernel has taken the piece: it is not joined with the next one.
          await new Promise((resolve) => response.write(bytes.subarray(at, at + size), resolve));
        }
        response.end();
      });
      assert.equal(await textOf(await own.client.chat.completions.create({ model: 't1', messages, stream: true })), multilingual);
    });
  }

  test('a hundred streams at once, each with its own words in their order', async () => {
    const count = 100;
    const pieces = (name) => Array.from({ length: 40 }, (_, at) => `${name}:${at} 字 `);
    for (let at = 0; at < count; ++at) {
      own.upstream.next('first', async (_request, response, body) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const event of streamOf(pieces(body.messages[0].content), body).split(/(?<=\n\n)/)) {
          await new Promise((resolve) => response.write(event, resolve));
        }
        response.end();
      });
    }
    const names = Array.from({ length: count }, (_, at) => `stream-${at}`);
    const texts = await Promise.all(names.map(async (name) => textOf(await own.client.chat.completions.create({
      model: 't1', messages: [{ role: 'user', content: name }], stream: true,
    }))));
    for (const [at, name] of names.entries()) assert.equal(texts[at], pieces(name).join(''), name);
  });

  for (const [name, script, stream] of [
    ['a stream, after its first words', beginStream([chunk({ content: 'a' })]), true],
    ['a stream, before its first words', beginStream([chunk({ role: 'assistant', content: '' })]), true],
    ['a stream, before its headers', () => {}, true],
    ['a plain answer, before it came', () => {}, false],
  ]) {
    test(`the provider sees within a second that the client gave up: ${name}`, async () => {
      own.upstream.next('first', script);
      const abort = new AbortController();
      const answer = own.client.chat.completions.create({ model: 't1', messages, stream }, { signal: abort.signal });
      const ended = (async () => {
        for await (const part of await answer) if (part.choices[0].delta.content) abort.abort();
      })();
      const seen = await within(10, () => 'the request at the provider', own.upstream.received());
      if (name !== 'a stream, after its first words') abort.abort();
      await ended.catch((error) => assert.ok(error instanceof OpenAI.APIUserAbortError, String(error)));
      const gaveUp = performance.now();
      const took = (await within(10, () => 'the close at the provider', seen.closed)) - gaveUp;
      assert.ok(took < 1000, `took ${took} ms`);
      assert.equal(own.upstream.requests.length, 1, 'nobody else is asked for a client that left');
    });
  }

  for (const [name, end] of [
    ['cut', (response) => response.destroy()],
    ['ended without a finish reason', (response) => response.end()],
    ['with an error inside', (response) => response.end(sse([{ error: { message: 'overloaded', type: 'server_error' } }]))],
    ['with half an event', (response) => response.end('data: {"choices":[{"ind')],
  ]) {
    test(`a stream ${name} after its first words ends with an error, never as if complete`, async () => {
      own.upstream.next('first', (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(sse([chunk({ content: 'half' })]), () => end(response));
      });
      let text = '';
      await assert.rejects(async () => {
        for await (const part of await own.client.chat.completions.create({ model: 't1', messages, stream: true })) {
          text += part.choices[0].delta.content ?? '';
        }
      }, OpenAI.APIError);
      assert.equal(text, 'half');
      assert.equal(own.upstream.requests.length, 1, 'no other model goes on with it');
    });
  }

  test('a stream that ends without [DONE] after its finish reason is a good one', async () => {
    own.upstream.next('first', (_request, response, body) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(streamOf(['all'], body).replace('data: [DONE]\n\n', ''));
    });
    assert.equal(await textOf(await own.client.chat.completions.create({ model: 't1', messages, stream: true })), 'all');
  });
});
