// The scripted providers themselves, without a gateway between: what a vendor's own SDK sends is accepted, what it reads
// is right, and what the service refuses is refused.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { gemini } from './providers/gemini.js';
import { messages } from './providers/messages.js';
import { openai, openrouter } from './providers/openai.js';
import { responses } from './providers/responses.js';
import { ScriptedProvider } from './providers/server.js';

const text = 'Hello, 世界 🌍!';
const args = { city: '北京', note: 'a "quoted" 🌧' };
const called = { say: [{ text: 'Let me look.' }, { call: 'weather', id: 'call_1', args }, { call: 'now', id: 'call_2', args: {} }] };
const schema = { type: 'object', properties: { city: { type: 'string' } } };

// How each SDK asks plainly and streamed, and what it made of the answer: { text, calls }.
const callsOf = (list, name, input) => list.map((one) => ({ name: name(one), args: input(one) }));

async function askChat(provider, isStream) {
  const client = new OpenAI({ baseURL: `${provider.origin}/v1`, apiKey: provider.dialect.key, maxRetries: 0 });
  const body = {
    model: provider.dialect.model, messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Hi' }],
    tools: [{ type: 'function', function: { name: 'weather', parameters: schema } }],
  };
  const answer = isStream ? await client.chat.completions.stream(body).finalChatCompletion() : await client.chat.completions.create(body);
  const { message } = answer.choices[0];
  return { text: message.content, calls: callsOf(message.tool_calls ?? [], (one) => one.function.name, (one) => JSON.parse(one.function.arguments)) };
}

async function askMessages(provider, isStream) {
  const client = new Anthropic({ baseURL: provider.origin, apiKey: provider.dialect.key, maxRetries: 0 });
  const body = {
    model: provider.dialect.model, max_tokens: 100, system: 'Be brief.', messages: [{ role: 'user', content: 'Hi' }],
    tools: [{ name: 'weather', input_schema: schema }],
  };
  const { content } = isStream ? await client.messages.stream(body).finalMessage() : await client.messages.create(body);
  const calls = callsOf(content.filter((one) => one.type === 'tool_use'), (one) => one.name, (one) => one.input);
  return { text: content.find((one) => one.type === 'text').text, calls };
}

async function askResponses(provider, isStream) {
  const client = new OpenAI({ baseURL: `${provider.origin}/v1`, apiKey: provider.dialect.key, maxRetries: 0 });
  const body = { model: provider.dialect.model, instructions: 'Be brief.', input: 'Hi', tools: [{ type: 'function', name: 'weather', parameters: schema, strict: false }] };
  const answer = isStream ? await client.responses.stream(body).finalResponse() : await client.responses.create(body);
  const calls = callsOf(answer.output.filter((one) => one.type === 'function_call'), (one) => one.name, (one) => JSON.parse(one.arguments));
  return { text: answer.output_text, calls };
}

async function askGemini(provider, isStream) {
  const client = new GoogleGenAI({ apiKey: provider.dialect.key, httpOptions: { baseUrl: provider.origin } });
  const body = {
    model: provider.dialect.model, contents: 'Hi',
    config: { systemInstruction: 'Be brief.', tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: schema }] }] },
  };
  const parts = [];
  if (isStream) for await (const chunk of await client.models.generateContentStream(body)) parts.push(...(chunk.candidates?.[0].content.parts ?? []));
  else parts.push(...(await client.models.generateContent(body)).candidates[0].content.parts);
  const calls = callsOf(parts.filter((one) => one.functionCall), (one) => one.functionCall.name, (one) => one.functionCall.args);
  return { text: parts.map((one) => one.text ?? '').join(''), calls };
}

const user = { role: 'user', content: 'Hi' };
const use = { type: 'tool_use', id: 'a', name: 'f', input: {} };
const refused = {
  openai: [
    ['an unknown member', { messages: [user], top_k: 3 }, /Unrecognized key: "top_k"/],
    ['an unknown member of a message', { messages: [{ ...user, cache_control: {} }] }, /messages\.0: .*cache_control/],
    ['thinking aloud', { messages: [user, { role: 'assistant', content: 'x', reasoning_content: 'y' }] }, /reasoning_content/],
    ['a result of no call', { messages: [user, { role: 'tool', tool_call_id: 'x', content: 'y' }] }, /must be a response/],
    ['a call without its result', { messages: [user, { role: 'assistant', tool_calls: [{ id: 'x', type: 'function', function: { name: 'f', arguments: '{}' } }] }] }, /no answer/],
    ['max_tokens of a reasoning model', { messages: [user], max_tokens: 5 }, /max_completion_tokens/],
  ],
  'v1-messages': [
    ['no max_tokens', { messages: [user] }, /max_tokens/],
    ['an unknown member', { max_tokens: 9, messages: [user], seed: 1 }, /Unrecognized key: "seed"/],
    ['a system message', { max_tokens: 9, messages: [{ role: 'system', content: 'x' }, user] }, /messages\.0\.role/],
    ['two turns of one speaker', { max_tokens: 9, messages: [user, user] }, /alternate/],
    ['an id that is none', { max_tokens: 9, messages: [user, { role: 'assistant', content: [{ ...use, id: 'a.b' }] }] }, /pattern/],
    ['a call without its result', { max_tokens: 9, messages: [user, { role: 'assistant', content: [use] }, user] }, /without `tool_result`/],
    ['a loop that lost its thinking', {
      max_tokens: 2048, thinking: { type: 'enabled', budget_tokens: 1024 },
      messages: [user, { role: 'assistant', content: [use] }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a' }] }],
    }, /Expected `thinking`/],
    ['a signature of another', { max_tokens: 9, messages: [user, { role: 'assistant', content: [{ type: 'thinking', thinking: 'x', signature: 'gAAAAx' }] }, user] }, /signature/],
    ['an empty text', { max_tokens: 9, messages: [{ role: 'user', content: [{ type: 'text', text: ' ' }] }] }, /non-whitespace/],
  ],
  'v1-response': [
    ['an unknown member', { input: 'Hi', max_tokens: 3 }, /Unrecognized key: "max_tokens"/],
    ['messages', { messages: [user] }, /input/],
    ['a result of no call', { input: [user, { type: 'function_call_output', call_id: 'x', output: 'y' }] }, /No tool call found/],
    ['an image as chat completions say it', { input: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x/y.png' } }] }] }, /input/],
    ['a nested function', { input: 'Hi', tools: [{ type: 'function', function: { name: 'f' } }] }, /tools\.0/],
    ['too few tokens', { input: 'Hi', max_output_tokens: 3 }, /below_min/],
    ['a signature of another', { input: [user, { type: 'reasoning', summary: [], encrypted_content: 'EqX' }, { role: 'assistant', content: 'x' }] }, /verified/],
  ],
  gemini: [
    ['an unknown member', { contents: [{ role: 'user', parts: [{ text: 'x' }] }], messages: [] }, /Unrecognized key: "messages"/],
    ['a role of another', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, /role/],
    ['an empty part', { contents: [{ role: 'user', parts: [{ text: '' }] }] }, /one initialized field/],
    ['a call that is not signed', {
      contents: [
        { role: 'user', parts: [{ text: 'x' }] }, { role: 'model', parts: [{ functionCall: { name: 'f' } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: {} } }] },
      ],
    }, /thought_signature/],
    ['a call without its result', {
      contents: [
        { role: 'user', parts: [{ text: 'x' }] }, { role: 'model', parts: [{ functionCall: { name: 'f' }, thoughtSignature: 'QQ==' }] },
        { role: 'user', parts: [{ text: 'x' }] },
      ],
    }, /number of function response/],
  ],
};

const rows = [[openai, askChat, OpenAI], [openrouter, askChat, OpenAI], [messages, askMessages, Anthropic], [responses, askResponses, OpenAI], [gemini, askGemini]];
for (const [dialect, ask, sdk] of rows) {
  describe(`the scripted ${dialect.vendor} (${dialect.protocol})`, () => {
    let provider;
    before(async () => (provider = await ScriptedProvider.start(dialect, { isDirect: true })));
    after(() => provider.stop());
    afterEach(() => provider.reset());

    for (const isStream of [false, true]) {
      const how = isStream ? 'streamed' : 'plain';
      test(`its SDK reads text and calls, ${how}`, async () => {
        assert.equal((await ask(provider, isStream)).text, text);
        provider.next(called);
        assert.deepEqual(await ask(provider, isStream), { text: 'Let me look.', calls: [{ name: 'weather', args }, { name: 'now', args: {} }] });
        assert.deepEqual(provider.violations, []);
        const { system, turns, tools } = provider.seen();
        assert.deepEqual([system, turns], ['Be brief.', [{ role: 'user', parts: [{ text: 'Hi' }] }]]);
        assert.deepEqual(tools, [{ name: 'weather', description: undefined, schema }]);
      });

      test(`its SDK knows an error, ${how}`, async () => {
        provider.next({ fail: { status: 429, message: 'too fast' } });
        await assert.rejects(ask(provider, isStream), (error) => {
          if (sdk) assert.ok(error instanceof sdk.RateLimitError, String(error));
          assert.equal(error.status, 429);
          assert.match(error.message, /too fast/);
          return true;
        });
      });
    }

    test('its SDK knows an error in the middle of a stream, and its end', async () => {
      provider.next({ say: [{ text }], breaks: { error: 'gone wrong' } });
      // Of Responses it throws the event, which is no Error.
      await assert.rejects(ask(provider, true), (error) => error.message.includes('gone wrong'));
      provider.next({ say: [{ text }], breaks: 'cut' });
      await assert.rejects(ask(provider, true));
    });

    for (const [what, body, wanted] of refused[dialect.vendor === 'openrouter' ? '' : dialect.protocol] ?? []) {
      test(`it refuses ${what}`, () => {
        const whole = dialect === gemini ? body : { model: dialect.model, ...body };
        assert.match(String(dialect.problemOf(whole, { headers: { 'anthropic-version': '2023-06-01' } })), wanted);
      });
    }
  });
}
