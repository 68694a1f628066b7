// Nothing of the client's is changed without reason, in either direction.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gatewaySuite, messages } from './suite.js';
import { completion, gatewayKey, sendJson } from './upstream.js';

const sha = (text) => createHash('sha256').update(text).digest('hex');

gatewaySuite('bytes through the gateway', (own) => {
  const post = (body, headers = {}) => fetch(`${own.gateway.url}/v1/chat/completions`, {
    method: 'POST', body, headers: { authorization: `Bearer ${gatewayKey}`, 'content-type': 'application/json', ...headers },
  });

  const told = '"messages":[{"role":"user","content":"x"}]';
  for (const [name, body] of [
    ['unknown fields, odd numbers, escapes and white space', `{ "seed" : 1e2,"messages":[{"role":"user","content":"\\u4f60\\ud83d\\ude00 \\/"}],\n\t"model":  "auto" ,"x_unknown":{"a":[1.50,null]},"temperature":0.30}`],
    ['the model at the front', `{"model":"auto",${told},"reasoning_effort":"high"}`],
    ['the model at the end', `{${told},"metadata":{"model":"not this one"},"model":"auto"}`],
    ['a model inside a message', `{"messages":[{"role":"user","content":"\\"model\\": \\"auto\\""}],"model":"auto"}`],
    ['numbers beyond 64 bits', `{"model":"auto",${told},"x":[123456789012345678901234567890,1E-400,-0.0,0.1000]}`],
    ['Chinese as bytes', `{"model":"auto","messages":[{"role":"user","name":"李","content":"你好 🌍"}]}`],
    ['CRLF between', `{\r\n"model":"auto",\r\n${told}\r\n}`],
  ]) {
    test(`the body reaches the provider byte for byte but for the model: ${name}`, async () => {
      const response = await post(body);
      assert.equal(response.status, 200, await response.text());
      const at = body.lastIndexOf('"auto"');
      assert.equal(own.upstream.requests[0].text, `${body.slice(0, at)}"small"${body.slice(at + 6)}`);
    });
  }

  test('a missing model is put in, and nothing else is changed', async () => {
    const response = await post(`{${told}, "seed": 1.0}`);
    assert.equal(response.status, 200);
    const { text } = own.upstream.requests[0];
    assert.equal(JSON.parse(text).model, 'small');
    assert.ok(text.includes(told) && text.includes('"seed": 1.0'), text);
  });

  test('the answer reaches the client byte for byte', async () => {
    const answer = `{ "choices" : [{"index":0,"message":{"role":"assistant","content":"\\u4f60 \\/ 🌍"},"finish_reason":"stop"}],\n "x_unknown": 1.50e3, "usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2} }\n`;
    own.upstream.next('first', (_request, response) => sendJson(response, 200, answer));
    assert.equal(await (await post(`{"model":"t1",${told}}`)).text(), answer);
  });

  for (const megabytes of [1, 8]) {
    test(`${megabytes} MiB there and back`, async () => {
      const content = '字😀a'.repeat((megabytes * 1024 * 1024) / 8);
      own.upstream.next('first', (_request, response, body) => {
        sendJson(response, 200, completion({ content: body.messages[0].content }), { 'x-request-id': 'req_1' });
      });
      const answer = await own.client.chat.completions.create({ model: 't1', messages: [{ role: 'user', content }] });
      assert.equal(sha(own.upstream.requests[0].body.messages[0].content), sha(content), 'as the provider got it');
      assert.equal(sha(answer.choices[0].message.content), sha(content), 'as the client got it');
    });
  }

  test('only headers that are meant for the other side pass', async () => {
    own.upstream.next('first', (_request, response) => {
      sendJson(response, 200, completion({ content: 'x' }), { 'set-cookie': 'a=b', 'x-goog-api-key': 'secret', server: 'provider' });
    });
    const { response } = await own.client.chat.completions
      .create({ model: 't1', messages }, { headers: { cookie: 'session=1', 'x-secret': '1', 'openai-organization': 'org-1', traceparent: '00-ab-cd-01' } })
      .withResponse();
    assert.notEqual(response.headers.get('server'), 'provider');
    assert.equal(response.headers.get('set-cookie'), null);
    assert.equal(response.headers.get('x-goog-api-key'), null);
    const seen = own.upstream.requests[0].headers;
    assert.deepEqual([seen.cookie, seen['x-secret']], [undefined, undefined]);
    assert.deepEqual([seen['openai-organization'], seen.traceparent], ['org-1', '00-ab-cd-01']);
  });
});
