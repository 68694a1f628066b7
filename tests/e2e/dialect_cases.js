// What must hold for every client with every provider's dialect. A check gets `ask` and the scripted `provider`.
import assert from 'node:assert/strict';
import { hello, usage } from './providers/server.js';

const text = hello.say[0].text;
const hi = [{ user: 'Hi, 你好 👋' }];
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const image = `data:image/png;base64,${pixel}`;

export const tools = [
  { name: 'weather', description: 'of a city', schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
  { name: 'now', description: 'the time "here"', schema: { type: 'object', properties: {} } },
];

// An answer with calls; Gemini signs the first.
export const callsOf = ({ protocol, proof }, ...list) => ({
  say: [
    { text: 'Let me look.' },
    ...list.map(([name, args], index) => ({ call: name, id: `call_0${index}a`, args, ...(index === 0 && protocol === 'gemini' && { proof }) })),
  ],
});

const bare = (list) => list.map(({ name, args }) => ({ name, args }));

// What the provider was told of calls and results: in order, each result with its own call.
export function toldOf(provider) {
  const parts = provider.seen().turns.flatMap((turn) => turn.parts);
  const told = parts.filter((part) => part.call);
  const results = parts.filter((part) => 'result' in part);
  assert.deepEqual(results.map((one) => one.result), told.map((one) => one.id), 'results go by their calls\' ids');
  return told.map((one, index) => ({ name: one.call, args: one.args, result: results[index].text }));
}

const flat = (turns) => turns.map(({ role, parts }) => [role, parts.map((part) => part.text ?? part.image).join('|')]);

// A round of calls, their results, and the answer that follows.
async function loop({ ask, provider }, list) {
  provider.next(callsOf(provider.dialect, ...list));
  const first = await ask({ turns: hi, tools });
  assert.equal(first.text, 'Let me look.');
  assert.deepEqual(bare(first.calls), list.map(([name, args]) => ({ name, args })));
  assert.equal(first.finish, 'calls');
  assert.equal(new Set(first.calls.map((one) => one.id)).size, list.length, 'every call has an id of its own');
  assert.deepEqual(provider.seen().tools, tools);

  const results = first.calls.map((one, index) => ({ id: one.id, text: `result ${index}: 晴 ☀️` }));
  const second = await ask({ turns: [...hi, { answer: first }, { results }], tools });
  assert.equal(second.text, text);
  assert.equal(second.finish, 'stop');
  assert.deepEqual(toldOf(provider), list.map(([name, args], index) => ({ name, args, result: results[index].text })));
}

function thrown({ client }, name, status, words) {
  return (error) => {
    assert.ok(error instanceof client.sdk[name], `${name}: ${error?.constructor?.name} ${error}`);
    assert.equal(error.status, status);
    assert.match(error.message, words);
    return true;
  };
}

export const cases = [
  {
    what: 'a text, and its usage',
    async check({ ask, provider }) {
      const answer = await ask({ turns: hi });
      assert.equal(answer.text, text);
      assert.equal(answer.finish, 'stop');
      const { input, cached, output } = usage;
      assert.deepEqual(answer.usage, { input, cached, output });
      assert.deepEqual(flat(provider.seen().turns), [['user', hi[0].user]]);
      assert.match(answer.model, new RegExp(provider.dialect.model.split('/').at(-1).slice(0, 5)));
    },
  },
  {
    what: 'a system prompt and several turns',
    async check({ ask, provider }) {
      const first = await ask({ turns: hi, system: 'Be brief. 简短。' });
      await ask({ turns: [...hi, { answer: first }, { user: 'More' }], system: 'Be brief. 简短。' });
      const seen = provider.seen();
      assert.equal(seen.system, 'Be brief. 简短。');
      assert.deepEqual(flat(seen.turns), [['user', hi[0].user], ['assistant', text], ['user', 'More']]);
    },
  },
  {
    what: 'images',
    async check({ ask, provider }) {
      await ask({ turns: [{ user: [{ text: 'What is it?' }, { image }, { image: 'https://example.com/a.png?b=%20c' }] }] });
      assert.deepEqual(flat(provider.seen().turns), [['user', `What is it?|${image}|https://example.com/a.png?b=%20c`]]);
    },
  },
  { what: 'one call and its result', check: (pair) => loop(pair, [['weather', { city: '北京', note: 'a "quoted" 🌧\n' }]]) },
  { what: 'parallel calls and their results', check: (pair) => loop(pair, [['weather', { city: 'Paris' }], ['now', {}], ['weather', { city: '杭州' }]]) },
  {
    what: 'reasoning, sent back with its signature',
    unless: ({ upstream }) => upstream === 'openai', // shows no reasoning
    async check({ ask, provider }) {
      const { proof } = provider.dialect;
      const thought = 'First 想一想 🤔, then answer.';
      provider.next({ say: [{ reasoning: thought, proof }, { text }] });
      const first = await ask({ turns: hi, thinks: true });
      assert.equal(first.reasoning, thought);
      assert.equal(first.text, text);
      await ask({ turns: [...hi, { answer: first }, { user: 'More' }], thinks: true });
      const [, said] = provider.seen().turns;
      assert.deepEqual(said.parts.filter((part) => part.proof).map((part) => part.proof), [proof]);
      assert.equal(said.parts.map((part) => part.reasoning ?? '').join('') || thought, thought);
      assert.equal(said.parts.map((part) => part.text ?? '').join(''), text);
    },
  },
  {
    what: 'reasoning before calls, sent back in the loop',
    unless: ({ upstream }) => upstream === 'openai', // shows no reasoning
    async check({ ask, provider }) {
      const { proof } = provider.dialect;
      const called = [{ call: 'weather', id: 'call_1', args: { city: 'A' } }, { call: 'now', id: 'call_2', args: {} }];
      provider.next({ say: [{ reasoning: 'Hm', proof }, ...called] });
      const first = await ask({ turns: hi, tools, thinks: true });
      assert.equal(first.reasoning, 'Hm');
      await ask({ turns: [...hi, { answer: first }, { results: first.calls.map((one) => ({ id: one.id, text: 'ok' })) }], tools, thinks: true });
      assert.equal(toldOf(provider).length, 2);
      const { parts } = provider.seen().turns[1];
      assert.deepEqual(parts.map((part) => part.proof).filter(Boolean), [proof]);
    },
  },
  {
    what: 'the limit of tokens',
    async check({ ask, provider }) {
      provider.next({ say: [{ text: 'Half a' }], finish: 'length' });
      const answer = await ask({ turns: hi, maxTokens: 64 });
      assert.equal(answer.finish, 'length');
      assert.equal(answer.text, 'Half a');
      assert.equal(provider.seen().maxTokens, 64);
    },
  },
  {
    what: 'a filter\'s end',
    async check({ ask, provider }) {
      provider.next({ say: [{ text: 'I was about' }], finish: 'filter' });
      const answer = await ask({ turns: hi });
      assert.equal(answer.finish, 'filter');
      assert.equal(answer.text, 'I was about');
    },
  },
  {
    what: 'an answer held to a schema',
    async check({ ask, provider }) {
      const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'], additionalProperties: false };
      provider.next({ say: [{ text: '{"n":42}' }] });
      assert.equal((await ask({ turns: hi, schema })).text, '{"n":42}');
      assert.deepEqual(provider.seen().schema, schema);
    },
  },
  {
    what: 'a refusal of the model',
    unless: ({ upstream }) => !['openai', 'responses'].includes(upstream), // others say it as text
    async check({ ask, provider, client }) {
      provider.next({ say: [{ refusal: 'I cannot help with that.' }] });
      const answer = await ask({ turns: hi });
      assert.equal(client.protocol === 'v1-messages' ? answer.text : answer.refusal, 'I cannot help with that.');
    },
  },
  {
    what: 'members and events nobody knows',
    // The SDK's helper for Responses throws on events it does not know; dialect_passthrough.test.js reads them without.
    unless: ({ client, upstream, isStream }) => isStream && client.protocol === 'v1-response' && upstream === 'responses',
    async check({ ask, provider }) {
      provider.next({ ...callsOf(provider.dialect, ['now', {}]), strange: true });
      const answer = await ask({ turns: hi, tools });
      assert.deepEqual([answer.text, bare(answer.calls)], ['Let me look.', [{ name: 'now', args: {} }]]);
    },
  },
  {
    what: 'the request\'s own mistake',
    async check({ ask, provider, ...pair }) {
      provider.next({ fail: { status: 400, message: 'the picture cannot be read' } });
      await assert.rejects(ask({ turns: hi }), thrown(pair, 'BadRequestError', 400, /the picture cannot be read/));
    },
  },
  {
    what: 'a busy provider',
    async check({ ask, provider, ...pair }) {
      provider.next({ fail: { status: provider.dialect.protocol === 'v1-messages' ? 529 : 429, message: 'slow down' } });
      await assert.rejects(ask({ turns: hi }), thrown(pair, 'RateLimitError', 429, /takes no more requests/));
    },
  },
  {
    what: 'a provider that fails',
    async check({ ask, provider, ...pair }) {
      provider.next({ fail: { status: 500, message: 'Traceback' } });
      await assert.rejects(ask({ turns: hi }), thrown(pair, 'InternalServerError', 502, /the provider failed with status 500/));
    },
  },
  {
    what: 'an error in the middle',
    unless: ({ isStream }) => !isStream,
    async check({ ask, provider }) {
      provider.next({ say: [{ text }], breaks: { error: 'gone wrong' } });
      // Of Responses the SDK throws the event itself.
      await assert.rejects(ask({ turns: hi }), (error) => typeof error.message === 'string' && error.message !== '');
    },
  },
  {
    what: 'a stream that just ends',
    unless: ({ isStream }) => !isStream,
    async check({ ask, provider }) {
      provider.next({ say: [{ text }], breaks: 'cut' });
      await assert.rejects(ask({ turns: hi }));
    },
  },
];
