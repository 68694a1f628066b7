// The official OpenAI SDK for Node against the real binary and a scripted provider.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { after, before, beforeEach, describe, test } from 'node:test';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { Gateway, configFor } from './gateway.js';
import { Upstream, chunk, completion, fail, sendJson, sse, streamOf } from './upstream.js';

const run = promisify(execFile);
const messages = [{ role: 'user', content: 'Hello' }];

describe('the OpenAI SDK through the gateway', () => {
  let upstream;
  let gateway;
  let client;

  before(async () => {
    upstream = await Upstream.start();
    gateway = await Gateway.start(configFor(upstream));
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'gateway-key-for-tests', maxRetries: 0 });
  });
  after(async () => {
    const code = await gateway.stop();
    await upstream.stop();
    assert.equal(code, 0, gateway.output);
  });
  beforeEach(() => upstream.reset());

  test('a plain completion, with the headers that explain it', async () => {
    const { data, response } = await client.chat.completions.create({ model: 'auto', messages }).withResponse();
    assert.equal(data.choices[0].message.content, 'Hello');
    assert.equal(data.usage.total_tokens, 12);
    assert.equal(response.headers.get('x-smartroute-tier'), 't1');
    assert.equal(response.headers.get('x-smartroute-model'), 'first/small');
    assert.equal(response.headers.get('x-smartroute-attempts'), '1');
    assert.match(response.headers.get('x-smartroute-request-id'), /^[0-9a-z]{26}$/);
    const seen = upstream.requests[0];
    assert.equal(seen.path, '/first/v1/chat/completions');
    assert.equal(seen.headers.authorization, 'Bearer sk-provider-one');
    assert.equal(JSON.parse(seen.text).model, 'small');
    assert.equal(JSON.parse(seen.text).stream, undefined);
  });

  test('a stream, with usage only for the client that asked', async () => {
    const without = [];
    for await (const part of await client.chat.completions.create({ model: 't1', messages, stream: true })) without.push(part);
    assert.equal(without.map((part) => part.choices[0].delta.content ?? '').join(''), 'Hello');
    assert.ok(without.every((part) => part.choices.length === 1), 'the injected usage chunk was taken out again');
    assert.equal(JSON.parse(upstream.requests[0].text).stream_options.include_usage, true);

    const asked = await client.chat.completions.create({
      model: 't1', messages, stream: true, stream_options: { include_usage: true },
    });
    let last;
    for await (const part of asked) last = part;
    assert.equal(last.usage.total_tokens, 12);

    const refused = await client.chat.completions.create({
      model: 't1', messages, stream: true, stream_options: { include_usage: false },
    });
    for await (const part of refused) assert.ok(!part.usage);
    assert.equal(JSON.parse(upstream.requests[2].text).stream_options.include_usage, false);
  });

  test('a tool loop over a stream', async () => {
    const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } };
    upstream.next('first', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(
        sse([
          chunk({ role: 'assistant', content: null }),
          chunk({ tool_calls: [call] }),
          chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
          chunk({ tool_calls: [{ index: 0, function: { arguments: '"Paris"}' } }] }),
          chunk({}, 'tool_calls'),
          '[DONE]',
        ]),
      );
    });
    const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }];
    const first = await client.chat.completions.stream({ model: 'auto', messages, tools }).finalChatCompletion();
    assert.equal(first.choices[0].finish_reason, 'tool_calls');
    assert.equal(first.choices[0].message.tool_calls[0].function.arguments, '{"city":"Paris"}');

    const { response } = await client.chat.completions
      .create({
        model: 'auto', tools,
        messages: [...messages, first.choices[0].message, { role: 'tool', tool_call_id: 'call_1', content: 'sunny' }],
      })
      .withResponse();
    assert.equal(response.headers.get('x-smartroute-tier'), 't2', 'a tool loop goes to the middle tier');
    assert.match(response.headers.get('x-smartroute-decision'), /^tool_loop/);
  });

  test('structured output', async () => {
    upstream.next('first', (_request, response, body) => {
      assert.equal(body.response_format.type, 'json_schema');
      sendJson(response, 200, completion({ content: '{"answer":42}', refusal: null }));
    });
    const parsed = await client.chat.completions.parse({
      model: 't1', messages, response_format: zodResponseFormat(z.object({ answer: z.number() }), 'answer'),
    });
    assert.equal(parsed.choices[0].message.parsed.answer, 42);
  });

  test('an aborted stream is cancelled at the provider within a second', async () => {
    upstream.next('first', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(sse([chunk({ content: 'a' })]));
    });
    const stream = await client.chat.completions.create({ model: 't1', messages, stream: true });
    for await (const part of stream) {
      assert.equal(part.choices[0].delta.content, 'a');
      stream.controller.abort();
      break;
    }
    const aborted = performance.now();
    const closed = await upstream.requests[0].closed;
    assert.ok(closed - aborted < 1000, `took ${closed - aborted} ms`);
  });

  test('error classes', async () => {
    const stranger = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'wrong', maxRetries: 0 });
    await assert.rejects(stranger.chat.completions.create({ model: 'auto', messages }), OpenAI.AuthenticationError);
    await assert.rejects(client.chat.completions.create({ model: 'auto', messages: [] }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.param, 'messages');
      return true;
    });
    await assert.rejects(client.models.retrieve('nobody'), OpenAI.NotFoundError);
    await assert.rejects(client.get('/nothing'), OpenAI.NotFoundError);

    const busy = fail(429, { message: 'slow down', type: 'requests', code: 'rate_limit_exceeded' });
    upstream.next('first', busy);
    upstream.next('second', busy);
    await assert.rejects(client.chat.completions.create({ model: 't1', messages }), OpenAI.RateLimitError);

    upstream.next('first', fail(500, { message: 'oops' }));
    upstream.next('second', fail(503, { message: 'oops' }));
    await assert.rejects(client.chat.completions.create({ model: 't1', messages }), (error) => {
      assert.ok(error instanceof OpenAI.InternalServerError);
      assert.equal(error.status, 502);
      assert.match(error.message, /first\/small .*second\/small-b/);
      return true;
    });

    upstream.next('first', fail(401, { message: 'Incorrect API key provided: sk-provider-one', code: 'invalid_api_key' }));
    await assert.rejects(client.chat.completions.create({ model: 't2', messages }), (error) => {
      assert.equal(error.status, 502, 'a provider refusing our key is not the client\'s fault');
      assert.ok(!error.message.includes('provider-one'), 'no key in a message');
      return true;
    });
  });

  test('the next model answers when the first fails, unseen', async () => {
    upstream.next('first', fail(503, { message: 'overloaded' }));
    const { data, response } = await client.chat.completions.create({ model: 't1', messages }).withResponse();
    assert.equal(data.choices[0].message.content, 'Hello');
    assert.equal(response.headers.get('x-smartroute-model'), 'second/small-b');
    assert.equal(response.headers.get('x-smartroute-attempts'), '2');

    upstream.next('first', (_request, answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      answer.end(sse([chunk({ role: 'assistant', content: '' }), { error: { message: 'overloaded', type: 'server_error' } }]));
    });
    let text = '';
    for await (const part of await client.chat.completions.create({ model: 't1', messages, stream: true })) {
      text += part.choices[0]?.delta.content ?? '';
    }
    assert.equal(text, 'Hello', 'the failed prelude was held back');
  });

  test('a stream cut after its first words ends with an error, never as if complete', async () => {
    upstream.next('first', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(sse([chunk({ content: 'half' })]), () => response.destroy());
    });
    const stream = await client.chat.completions.create({ model: 't1', messages, stream: true });
    let text = '';
    await assert.rejects(async () => {
      for await (const part of stream) text += part.choices[0].delta.content ?? '';
    }, OpenAI.APIError);
    assert.equal(text, 'half');
  });

  test('a refusal of the request goes back as the provider said it', async () => {
    const refusal = fail(400, { message: 'temperature is too high', type: 'invalid_request_error' });
    upstream.next('first', refusal);
    upstream.next('second', refusal);
    await assert.rejects(client.chat.completions.create({ model: 't1', messages, temperature: 9 }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.match(error.message, /temperature is too high/);
      return true;
    });
  });

  test('models are listed and addressed', async () => {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.deepEqual(ids, ['auto', 't1', 't2', 't3', 'first/small', 'second/small-b', 'first/medium', 'first/large']);
    assert.equal((await client.models.retrieve('first/large')).owned_by, 'first');

    for (const [model, answeredBy] of [['t3', 'first/large'], ['large', 'first/large'], ['second/small-b', 'second/small-b'], ['whatever', 'first/small']]) {
      const { response } = await client.chat.completions.create({ model, messages }).withResponse();
      assert.equal(response.headers.get('x-smartroute-model'), answeredBy, model);
    }
  });

  test('the body reaches the provider byte for byte but for the model', async () => {
    const body =
      '{ "seed" : 1e2,"messages":[{"role":"user","content":"\\u4f60\\ud83d\\ude00 \\/"}],\n\t"model":  "auto" ,"x_unknown":{"a":[1.50,null]},"temperature":0.30}';
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST', body, headers: { authorization: 'Bearer gateway-key-for-tests', 'content-type': 'application/json' },
    });
    assert.equal(response.status, 200);
    assert.equal(upstream.requests[0].text, body.replace('"auto"', '"small"'));
  });

  test('Chinese and emoji survive any cut of the stream', async () => {
    const text = '你好，世界 🌍🚀 naïve';
    upstream.next('first', async (_request, response, body) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const byte of Buffer.from(streamOf([...text], body))) {
        if (!response.write(Buffer.from([byte]))) await new Promise((resolve) => response.once('drain', resolve));
      }
      response.end();
    });
    let got = '';
    for await (const part of await client.chat.completions.create({ model: 't1', messages, stream: true })) {
      got += part.choices[0]?.delta.content ?? '';
    }
    assert.equal(got, text);
  });

  test('a body of a megabyte', async () => {
    const content = '字'.repeat(350_000);
    upstream.next('first', (_request, response, body) => {
      sendJson(response, 200, completion({ content: String(body.messages[0].content.length) }));
    });
    const answer = await client.chat.completions.create({ model: 't1', messages: [{ role: 'user', content }] });
    assert.equal(answer.choices[0].message.content, '350000');
  });

  test('a hundred streams at once', async () => {
    const texts = await Promise.all(
      Array.from({ length: 100 }, async () => {
        let text = '';
        for await (const part of await client.chat.completions.create({ model: 't1', messages, stream: true })) {
          text += part.choices[0]?.delta.content ?? '';
        }
        return text;
      }),
    );
    assert.ok(texts.every((text) => text === 'Hello'));
  });

  test('headers of a stranger never pass: neither to the provider nor back', async () => {
    upstream.next('first', (_request, response) => {
      sendJson(response, 200, completion({ content: 'x' }), { 'set-cookie': 'a=b', 'x-goog-api-key': 'secret' });
    });
    const { response } = await client.chat.completions
      .create({ model: 't1', messages }, { headers: { cookie: 'session=1', 'openai-organization': 'org-1', traceparent: '00-ab-cd-01' } })
      .withResponse();
    assert.equal(response.headers.get('set-cookie'), null);
    assert.equal(response.headers.get('x-goog-api-key'), null);
    const seen = upstream.requests[0].headers;
    assert.equal(seen.cookie, undefined);
    assert.equal(seen['openai-organization'], 'org-1');
    assert.equal(seen.traceparent, '00-ab-cd-01');
  });

  test('curl, plain and streamed', async () => {
    const args = ['-sS', '-N', `${gateway.url}/v1/chat/completions`, '-H', 'Authorization: Bearer gateway-key-for-tests', '-d'];
    const plain = await run('curl', [...args, JSON.stringify({ messages })]);
    assert.equal(JSON.parse(plain.stdout).choices[0].message.content, 'Hello');
    const streamed = await run('curl', [...args, JSON.stringify({ messages, stream: true })]);
    assert.match(streamed.stdout, /data: \[DONE\]\n\n$/);
  });

  test('an edit of the configuration is live at once, a bad one changes nothing', async () => {
    const config = configFor(upstream);
    const listed = async () => (await client.models.list()).data.map((model) => model.id);
    const until = async (condition) => {
      const end = performance.now() + 10_000;
      while (!(await condition())) {
        assert.ok(performance.now() < end, `not within 10 s: ${gateway.output.slice(-500)}`);
        await new Promise(setImmediate); // lets the gateway's output be read
      }
    };
    config.models.t2.push({ model: 'added', provider: 'second' });
    await gateway.writeConfig(config);
    await until(async () => (await listed()).includes('second/added'));

    config.models.t1[0].provider = 'nobody';
    await gateway.writeConfig(config);
    await until(() => gateway.output.includes('event=config_rejected'));
    assert.ok((await listed()).includes('second/added'), 'the last good one stays');
    await gateway.writeConfig(configFor(upstream));
    await until(async () => !(await listed()).includes('second/added'));
  });
});

describe('a gateway as it comes', () => {
  let gateway;
  before(async () => {
    gateway = await Gateway.start();
  });
  after(async () => assert.equal(await gateway.stop(), 0));

  test('answers by itself, in words, marked as a demo', async () => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 });
    const plain = await client.chat.completions.create({ model: 'auto', messages });
    assert.equal(plain.system_fingerprint, 'demo');
    assert.match(plain.choices[0].message.content, /^\[demo\].*tier t1/s);
    let text = '';
    const stream = await client.chat.completions.create({
      model: 't3', stream: true, messages: [{ role: 'user', content: '你好' }],
    });
    for await (const part of stream) {
      assert.equal(part.system_fingerprint, 'demo');
      text += part.choices[0].delta.content ?? '';
    }
    assert.match(text, /^【演示】.*t3/s);
  });
});
