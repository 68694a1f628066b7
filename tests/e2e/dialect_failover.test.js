// An agent's loop in which the provider changes between the rounds, and with it the dialect: the second is asked from the
// client's own words, and must find both calls with their results in them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clients } from './clients/index.js';
import { callsOf, toldOf, tools } from './dialect_cases.js';
import { dialectSuite, entryOf } from './dialect_suite.js';
import { dialects } from './providers/index.js';
import { ScriptedProvider, hello } from './providers/server.js';

// Where nobody listens any more.
async function gone(dialect) {
  const provider = await ScriptedProvider.start(dialect);
  await provider.stop();
  return provider.settings;
}

const ways = [
  { tier: 't1', how: 'an error', prepare: (provider) => provider.next({ fail: { status: 500, message: 'no' } }) },
  { tier: 't2', how: 'a dead provider', prepare: () => {} },
];
const args = { city: '北京 "x"' };

// Round one is answered by `first`; in round two it fails, so that `second` answers. What the one has thought and signed,
// the other would refuse.
async function run({ client, sdk, isStream, tier, prepare, thinks, first, before, after }) {
  const say = { turns: [{ user: 'Hi 你好' }], tools, system: 'Be brief.', thinks };
  const answered = callsOf(before.dialect, ['weather', args], ['now', {}]);
  if (thinks && first !== 'openai') answered.say.unshift({ reasoning: 'Hm', proof: before.dialect.proof });
  // Not every provider's ids would do for every other.
  if (first === 'openai') for (const one of answered.say) if (one.call) one.id = `functions.${one.call}:0`;
  before.next(answered);
  const asked = await client.ask(sdk, { ...say, model: 't1' }, isStream);
  assert.deepEqual(asked.calls.map((one) => one.name), ['weather', 'now']);

  prepare(before);
  const results = asked.calls.map((one, index) => ({ id: one.id, text: `result ${index} ☀️` }));
  const answer = await client.ask(sdk, { ...say, model: tier, turns: [...say.turns, { answer: asked }, { results }] }, isStream);
  assert.equal(answer.text, hello.say[0].text);
  assert.equal(answer.finish, 'stop');
  assert.deepEqual(toldOf(after), [
    { name: 'weather', args, result: 'result 0 ☀️' },
    { name: 'now', args: {}, result: 'result 1 ☀️' },
  ]);
  const { system, tools: offered, turns } = after.seen();
  assert.deepEqual([system, offered], ['Be brief.', tools]);
  assert.deepEqual(turns.map(({ role }) => role), ['user', 'assistant', 'user']);
  assert.equal(turns[1].parts.map((part) => part.text ?? '').join(''), 'Let me look.');
}

for (const first of Object.keys(dialects)) {
  for (const second of Object.keys(dialects).filter((name) => name !== first)) {
    const config = async () => ({
      models: { t1: [entryOf(first), entryOf(second)], t2: [{ ...entryOf(first), provider: 'gone' }, entryOf(second)] },
      custom: { gone: await gone(dialects[first]) },
    });
    dialectSuite(`a loop begun by ${first}, ended by ${second}`, (own) => {
      for (const client of clients) {
        for (const isStream of [false, true]) {
          for (const way of ways) {
            for (const thinks of [false, true]) {
              test(`${client.name}, ${isStream ? 'streamed' : 'plain'}${thinks ? ', thinking' : ''}: after ${way.how}`, () => {
                const { [first]: before, [second]: after } = own.providers;
                return run({ client, sdk: client.connect(own.gateway), isStream, ...way, thinks, first, before, after });
              });
            }
          }
        }
      }
    }, config);
  }
}
