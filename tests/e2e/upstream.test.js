// The scripted provider itself: a lenient one would let the gateway's mistakes pass.
import assert from 'node:assert/strict';
import http from 'node:http';
import { Readable } from 'node:stream';
import { after, before, beforeEach, describe, test } from 'node:test';
import OpenAI from 'openai';
import { messages, textOf } from './suite.js';
import { Upstream, gatewayKey, keys } from './upstream.js';

function post(url, headers, body) {
  return new Promise((resolve, reject) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const request = http.request(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${keys.first}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers },
    }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    request.on('error', reject);
    request.end(text);
  });
}

describe('the scripted provider', () => {
  let upstream;
  before(async () => (upstream = await Upstream.start()));
  after(() => upstream.stop());
  beforeEach(() => upstream.reset());

  const good = { model: 'm', messages };
  for (const [name, wanted, { path = 'first/v1/chat/completions', headers = {}, body = good }] of [
    ['a good request', undefined, {}],
    ['another path', /unknown url/, { path: 'first/v1/v1/chat/completions' }],
    ['a wrong key', /not this provider's key/, { headers: { authorization: `Bearer ${keys.second}` } }],
    ['the gateway\'s key', /leaked/, { body: { ...good, user: gatewayKey } }],
    ['a header of the client', /header cookie/, { headers: { cookie: 'a=b' } }],
    ['a header of the gateway', /header x-smartroute-tier/, { headers: { 'x-smartroute-tier': 't1' } }],
    ['no JSON', /not JSON/, { body: '{"model":"m",' }],
    ['another content type', /content-type/, { headers: { 'content-type': 'text/plain' } }],
    ['no model', /model parameter/, { body: { messages } }],
    ['the model twice', /twice/, { body: '{"model":"a","model":"b","messages":[{"role":"user","content":"x"}]}' }],
    ['no messages', /messages/, { body: { model: 'm', messages: [] } }],
    ['stream options without stream', /stream_options/, { body: { ...good, stream_options: { include_usage: true } } }],
    ['a tool result nobody asked for', /tool call/, { body: { model: 'm', messages: [{ role: 'tool', tool_call_id: 'x', content: '' }] } }],
  ]) {
    test(`judges ${name}`, async () => {
      const status = await post(`${upstream.url}/${path}`, headers, body);
      if (wanted) {
        assert.match(upstream.violations[0].message, wanted);
        assert.ok(status >= 400);
      } else {
        assert.deepEqual([status, upstream.violations], [200, []]);
      }
    });
  }

  test('is understood by the SDK without a gateway between', async () => {
    // The SDK describes itself in headers that a gateway does not pass on; here they are left out on the way.
    const bare = (url, { method, body, headers, signal }) => new Promise((resolve, reject) => {
      const kept = Object.fromEntries(['authorization', 'content-type'].map((name) => [name, new Headers(headers).get(name)]));
      const request = http.request(url, { method, signal, headers: { ...kept, 'content-length': Buffer.byteLength(body) } }, (response) => {
        resolve(new Response(Readable.toWeb(response), { status: response.statusCode, headers: response.headers }));
      });
      request.on('error', reject);
      request.end(body);
    });
    const client = new OpenAI({ baseURL: `${upstream.url}/first/v1`, apiKey: keys.first, maxRetries: 0, fetch: bare });
    assert.equal((await client.chat.completions.create(good)).choices[0].message.content, 'Hello');
    assert.equal(await textOf(await client.chat.completions.create({ ...good, stream: true })), 'Hello');
    assert.deepEqual(upstream.violations, []);
  });
});
