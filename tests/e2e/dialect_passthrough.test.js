// Where client and provider speak alike, nothing of what they say is changed: bodies, beta switches, events nobody knows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chat } from './clients/chat.js';
import { messages } from './clients/messages.js';
import { responses } from './clients/responses.js';
import { dialectSuite, nameOf } from './dialect_suite.js';
import { hello } from './providers/server.js';
import { gatewayKey } from './upstream.js';

// As odd as JSON may be, and with what a schema of ours has never heard of.
const bodies = {
  messages: (model) => `{ "max_tokens":16,"model" : "${model}","messages":[{"role":"user","content":[
    {"type":"text","text":"h\\u0069 \\ud83d\\ude00","cache_control":{"type":"ephemeral","ttl":"1h"}}]}],\n"temperature":1.0e-1}`,
  responses: (model) => `{"input":[{"role":"user","content":[
    {"type":"input_text","text":"h\\u0069"}]}], "model" : "${model}","truncation":"auto","max_tool_calls":3,\n"temperature":1.0e-1}`,
};
const hi = (provider) => ({ model: nameOf(provider), max_tokens: 20, messages: [{ role: 'user', content: 'Hi' }] });
const paths = { messages: '/v1/messages', responses: '/v1/responses' };

dialectSuite('the same dialect in and out', (own) => {
  const post = (name, headers = {}) => fetch(own.gateway.url + paths[name], {
    method: 'POST', body: bodies[name](nameOf(name)), headers: { 'content-type': 'application/json', 'x-api-key': gatewayKey, ...headers },
  });

  for (const name of ['messages', 'responses']) {
    test(`${name}: the request but for the model's name, and the answer, byte for byte`, async () => {
      const answer = { ...hello, strange: true };
      own.providers[name].next(answer);
      const response = await post(name);
      assert.equal(response.status, 200);
      const [{ text, body }] = own.providers[name].requests;
      assert.equal(text, bodies[name](own.providers[name].dialect.model));
      const usage = { input: 100, cached: 40, output: 30, reasoning: 10 };
      assert.equal(await response.text(), JSON.stringify(own.providers[name].dialect.plain({ ...answer, usage }, body)));
    });
  }

  test('anthropic-beta and anthropic-version reach Anthropic, also streamed, and nobody else', async () => {
    const client = messages.connect(own.gateway);
    const headers = { 'anthropic-beta': 'context-1m-2025-08-07,interleaved-thinking-2025-05-14', 'anthropic-version': '2026-10-21' };
    const ask = (provider, stream) => client.messages.create({ ...hi(provider), stream }, { headers });
    await ask('messages', false);
    for await (const _event of await ask('messages', true));
    for (const { headers: seen } of own.providers.messages.requests) {
      assert.equal(seen['anthropic-beta'], headers['anthropic-beta']);
      assert.equal(seen['anthropic-version'], headers['anthropic-version']);
    }
    assert.equal(own.providers.messages.requests.length, 2);
    await ask('responses', false);
    assert.equal(own.providers.responses.requests[0].headers['anthropic-beta'], undefined);
  });

  test('without a wish the usual version is said', async () => {
    await post('messages');
    assert.equal(own.providers.messages.requests[0].headers['anthropic-version'], '2023-06-01');
  });

  test('the organisation and the project reach OpenAI', async () => {
    const client = responses.connect(own.gateway, { organization: 'org-1', project: 'proj-1' });
    await client.responses.create({ model: nameOf('responses'), input: 'Hi', store: false });
    const { headers } = own.providers.responses.requests[0];
    assert.deepEqual([headers['openai-organization'], headers['openai-project']], ['org-1', 'proj-1']);
  });

  const unknown = { messages: 'new_kind_of_event', responses: 'response.new_kind_of_event' };
  const streams = {
    messages: () => messages.connect(own.gateway).messages.create({ ...hi('messages'), stream: true }).asResponse(),
    responses: () => responses.connect(own.gateway).responses.create({ model: nameOf('responses'), input: 'Hi', stream: true }).asResponse(),
  };
  for (const [name, type] of Object.entries(unknown)) {
    test(`${name}: events nobody knows are relayed with the others, byte for byte`, async () => {
      const answer = { ...hello, strange: true };
      own.providers[name].next(answer);
      const text = await (await streams[name]()).text();
      const usage = { input: 100, cached: 40, output: 30, reasoning: 10 };
      const sent = own.providers[name].dialect.stream({ ...answer, usage }, own.providers[name].requests[0].body).join('');
      assert.equal(text, sent);
      assert.match(text, new RegExp(`event: ${type}\n`));
    });
  }

  test('an answer of another dialect is told under the name of the model that gave it', async () => {
    const body = { model: nameOf('messages'), messages: [{ role: 'user', content: 'Hi' }], frequency_penalty: 1, seed: 3 };
    const answer = await chat.connect(own.gateway).chat.completions.create(body).withResponse();
    assert.equal(answer.data.model, nameOf('messages'));
    assert.match(answer.response.headers.get('x-smartroute-dropped'), /seed/);
    assert.match(answer.response.headers.get('x-smartroute-dropped'), /frequency_penalty/);
  });
});
