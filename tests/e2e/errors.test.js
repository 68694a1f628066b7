// What the SDK throws when something is wrong, and what it never sees because another model answered.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { clientOf, gatewaySuite, messages, textOf } from './suite.js';
import { chunk, completion, fail, keys, sendJson, sendStream, sse } from './upstream.js';

const busy = fail(429, { message: 'slow down', type: 'requests', code: 'rate_limit_exceeded' });

gatewaySuite('errors through the SDK', (own) => {
  const ask = (more = {}) => own.client.chat.completions.create({ model: 't1', messages, ...more });

  test('a wrong key, and none', async () => {
    for (const key of ['wrong', 'x'.repeat(5000)]) {
      const stranger = clientOf(own.gateway, key);
      await assert.rejects(stranger.chat.completions.create({ model: 'auto', messages }), (error) => {
        assert.ok(error instanceof OpenAI.AuthenticationError, String(error));
        assert.equal(error.code, 'invalid_api_key');
        return true;
      });
      await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
    }
    const bare = await fetch(`${own.gateway.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify({ messages }) });
    assert.equal(bare.status, 401);
    assert.equal((await bare.json()).error.code, 'invalid_api_key');
    assert.equal(own.upstream.requests.length, 0);
  });

  for (const [name, body, param] of [
    ['no messages', { messages: [] }, 'messages'],
    ['messages of a wrong type', { messages: 'Hello' }, 'messages'],
    ['a stream that is not a boolean', { stream: 'yes' }, 'stream'],
    ['a message without a role', { messages: [{ content: 'x' }] }, 'messages[0].role'],
  ]) {
    test(`a bad request is refused before any provider is asked: ${name}`, async () => {
      await assert.rejects(ask(body), (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError, String(error));
        assert.equal(error.type, 'invalid_request_error');
        assert.equal(error.param, param);
        return true;
      });
      assert.equal(own.upstream.requests.length, 0);
    });
  }

  test('what is not there', async () => {
    await assert.rejects(own.client.get('/nothing'), OpenAI.NotFoundError);
    await assert.rejects(own.client.models.retrieve('nobody'), OpenAI.NotFoundError);
    await assert.rejects(own.client.embeddings.create({ model: 'auto', input: 'x' }), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError, String(error));
      assert.match(error.message, /models\.embeddings/);
      return true;
    });
  });

  for (const stream of [false, true]) {
    const how = stream ? 'streamed' : 'plain';
    test(`busy everywhere is a rate limit, ${how}`, async () => {
      own.upstream.next('first', busy);
      own.upstream.next('second', busy);
      await assert.rejects(ask({ stream }), OpenAI.RateLimitError);
      assert.equal(own.upstream.requests.length, 2);
    });

    test(`broken everywhere is a server error that names who was asked, ${how}`, async () => {
      own.upstream.next('first', fail(500, { message: 'oops' }));
      own.upstream.next('second', fail(503, { message: 'oops' }));
      await assert.rejects(ask({ stream }), (error) => {
        assert.ok(error instanceof OpenAI.InternalServerError, String(error));
        assert.equal(error.status, 502);
        assert.match(error.message, /first\/small .*second\/small-b/);
        return true;
      });
    });

    test(`the next model answers when the first fails, unseen, ${how}`, async () => {
      for (const [name, script] of [
        ['busy', busy],
        ['down', fail(503, { message: 'overloaded' })],
        ['cut in its head', (_request, response) => response.socket.end('HTTP/1.1 200 OK\r\nContent-Ty')],
        ['a page instead of JSON', (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>maintenance</html>')],
        ['empty', (_request, response) => response.end()],
      ]) {
        own.upstream.reset();
        own.upstream.next('first', script);
        const { data, response } = await ask({ stream }).withResponse();
        assert.equal(stream ? await textOf(data) : data.choices[0].message.content, 'Hello', name);
        assert.equal(response.headers.get('x-smartroute-model'), 'second/small-b', name);
        assert.equal(response.headers.get('x-smartroute-attempts'), '2', name);
      }
    });
  }

  test('an error inside a stream before the first word is held back', async () => {
    own.upstream.next('first', (_request, response) => {
      sendStream(response, sse([chunk({ role: 'assistant', content: '' }), { error: { message: 'overloaded', type: 'server_error' } }]));
    });
    assert.equal(await textOf(await ask({ stream: true })), 'Hello');
  });

  test('a refusal of the request goes back as the provider said it', async () => {
    const refusal = fail(400, { message: 'temperature is too high', type: 'invalid_request_error', param: 'temperature', code: 'bad_value' });
    own.upstream.next('first', refusal);
    own.upstream.next('second', refusal);
    await assert.rejects(ask({ temperature: 9 }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError, String(error));
      assert.match(error.message, /temperature is too high/);
      return true;
    });
  });

  test('a provider that refuses our key is not the client\'s fault, and the key is in no message', async () => {
    own.upstream.next('first', fail(401, { message: `Incorrect API key provided: ${keys.first}`, code: 'invalid_api_key' }));
    await assert.rejects(ask({ model: 't2' }), (error) => {
      assert.equal(error.status, 502);
      assert.ok(!JSON.stringify(error.error).includes(keys.first), error.message);
      return true;
    });
  });

  test('a rate limit as a subject gets an answer', async () => {
    own.upstream.next('first', (_request, response) => sendJson(response, 200, completion({ content: 'A rate limit bounds requests.' })));
    const answer = await ask({ messages: [{ role: 'user', content: 'What is a rate limit?' }] });
    assert.equal(answer.choices[0].message.content, 'A rate limit bounds requests.');
    assert.equal(own.upstream.requests.length, 1);
  });
});
