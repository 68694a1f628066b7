// What a program does with the official SDK: plain answers, tools, structured output, usage.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { gatewaySuite, messages, textOf } from './suite.js';
import { completion, sendJson, sendStream, streamOf, usage } from './upstream.js';

const weather = {
  type: 'function',
  function: { name: 'weather', description: 'of a city', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
};

// The pieces in which OpenAI streams two parallel tool calls.
const callDeltas = [
  { tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'weather', arguments: '' } }] },
  { tool_calls: [{ index: 0, function: { arguments: '{"ci' } }] },
  { tool_calls: [{ index: 0, function: { arguments: 'ty":"Paris"}' } }] },
  { tool_calls: [{ index: 1, id: 'call_b', type: 'function', function: { name: 'weather', arguments: '' } }] },
  { tool_calls: [{ index: 1, function: { arguments: '{"city":"北京"}' } }] },
];

gatewaySuite('chat completions through the SDK', (own) => {
  test('a plain completion arrives whole, and is asked for as it was', async () => {
    const data = await own.client.chat.completions.create({ model: 'auto', messages });
    assert.equal(data.choices[0].message.content, 'Hello');
    assert.equal(data.model, 'small-2026', 'the provider names the model, not the gateway');
    assert.deepEqual(data.usage, usage);
    assert.deepEqual(own.upstream.requests.map((seen) => seen.body), [{ model: 'small', messages }]);
  });

  test('several choices with logprobs', async () => {
    const answer = completion({ content: 'a' });
    answer.choices[0].logprobs = { content: [{ token: 'a', logprob: -0.25, bytes: [97], top_logprobs: [] }], refusal: null };
    answer.choices.push({ ...answer.choices[0], index: 1, message: { role: 'assistant', content: 'b', refusal: null } });
    own.upstream.next('first', (_request, response) => sendJson(response, 200, answer));
    const data = await own.client.chat.completions.create({ model: 't1', messages, n: 2, logprobs: true });
    assert.deepEqual(data.choices, answer.choices);
  });

  test('a stream is the provider\'s, chunk by chunk', async () => {
    const parts = [];
    for await (const part of await own.client.chat.completions.create({ model: 't1', messages, stream: true, stream_options: { include_usage: true } })) {
      parts.push(part);
    }
    const sent = streamOf(['Hel', 'lo'], own.upstream.requests[0].body);
    const wanted = sent.split('\n\n').filter((line) => line.startsWith('data: {')).map((line) => JSON.parse(line.slice(6)));
    assert.deepEqual(parts, wanted);
  });

  test('reasoning text and refusals of a stream pass', async () => {
    own.upstream.next('first', (_request, response, body) => {
      sendStream(response, streamOf([], body, [{ reasoning_content: 'Let me ' }, { reasoning_content: 'see' }, { refusal: 'No.' }]));
    });
    const deltas = [];
    for await (const part of await own.client.chat.completions.create({ model: 't1', messages, stream: true })) {
      deltas.push(part.choices[0].delta);
    }
    assert.equal(deltas.map((delta) => delta.reasoning_content ?? '').join(''), 'Let me see');
    assert.equal(deltas.map((delta) => delta.refusal ?? '').join(''), 'No.');
  });

  for (const [name, options, asksProvider, getsUsage] of [
    ['not mentioned: asked of the provider, kept from the client', undefined, true, false],
    ['wanted: the client gets it', { include_usage: true }, true, true],
    ['refused: not even asked for', { include_usage: false }, false, false],
  ]) {
    test(`usage of a stream ${name}`, async () => {
      const parts = [];
      const stream = await own.client.chat.completions.create({ model: 't1', messages, stream: true, stream_options: options });
      for await (const part of stream) parts.push(part);
      assert.equal(own.upstream.requests[0].body.stream_options?.include_usage, asksProvider);
      assert.equal(parts.filter((part) => part.usage).length, getsUsage ? 1 : 0);
      assert.equal(parts.filter((part) => part.choices.length === 0).length, getsUsage ? 1 : 0, 'the chunk with nothing but usage');
      assert.equal(parts.map((part) => part.choices[0]?.delta.content ?? '').join(''), 'Hello');
    });
  }

  test('a whole tool loop, streamed, run by the SDK', async () => {
    own.upstream.next('first', (_request, response, body) => {
      sendStream(response, streamOf([], body, callDeltas, 'tool_calls'));
    });
    own.upstream.next('first', (_request, response, body) => {
      const results = body.messages.filter((message) => message.role === 'tool');
      sendStream(response, streamOf(results.map((message) => `${message.tool_call_id}=${message.content} `), body));
    });
    const cities = [];
    const runner = own.client.chat.completions.runTools({
      model: 'auto', messages, stream: true,
      tools: [zodFunction({
        name: 'weather', parameters: z.object({ city: z.string() }),
        function: ({ city }) => { cities.push(city); return `sunny in ${city}`; },
      })],
    });
    assert.equal(await runner.finalContent(), 'call_a=sunny in Paris call_b=sunny in 北京 ');
    assert.deepEqual(cities, ['Paris', '北京']);
    assert.deepEqual(own.upstream.requests.map((seen) => seen.body.model), ['small', 'medium'], 'a tool loop goes to the middle tier');
  });

  test('tool calls of a plain answer, and their results', async () => {
    const calls = [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }];
    own.upstream.next('first', (_request, response) => sendJson(response, 200, completion({ tool_calls: calls }, 'tool_calls')));
    const first = await own.client.chat.completions.create({ model: 't1', messages, tools: [weather], tool_choice: 'auto', parallel_tool_calls: false });
    assert.deepEqual(first.choices[0].message.tool_calls, calls);
    assert.equal(first.choices[0].finish_reason, 'tool_calls');
    assert.deepEqual(own.upstream.requests[0].body.tools, [weather]);

    const { response } = await own.client.chat.completions
      .create({ model: 'auto', tools: [weather], messages: [...messages, first.choices[0].message, { role: 'tool', tool_call_id: 'call_1', content: 'sunny' }] })
      .withResponse();
    assert.match(response.headers.get('x-smartroute-decision'), /^tool_loop/);
  });

  test('a stream of tool calls has no text, and is whole', async () => {
    own.upstream.next('first', (_request, response, body) => sendStream(response, streamOf([], body, callDeltas, 'tool_calls')));
    const final = await own.client.chat.completions.stream({ model: 't1', messages, tools: [weather] }).finalChatCompletion();
    assert.deepEqual(final.choices[0].message.tool_calls.map((call) => call.function.arguments), ['{"city":"Paris"}', '{"city":"北京"}']);
  });

  test('structured output, plain and streamed', async () => {
    const format = zodResponseFormat(z.object({ answer: z.number(), why: z.string() }), 'answer');
    own.upstream.next('first', (_request, response, body) => {
      assert.deepEqual(body.response_format, JSON.parse(JSON.stringify(format)));
      sendJson(response, 200, completion({ content: '{"answer":42,"why":"六乘七"}' }));
    });
    const parsed = await own.client.chat.completions.parse({ model: 't1', messages, response_format: format });
    assert.deepEqual(parsed.choices[0].message.parsed, { answer: 42, why: '六乘七' });

    own.upstream.next('first', (_request, response, body) => sendStream(response, streamOf(['{"answer', '":42,"wh', 'y":"六乘', '七"}'], body)));
    const final = await own.client.chat.completions.stream({ model: 't1', messages, response_format: format }).finalChatCompletion();
    assert.deepEqual(final.choices[0].message.parsed, { answer: 42, why: '六乘七' });
  });

  test('an image is passed on', async () => {
    const content = [{ type: 'text', text: 'What is it?' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' } }];
    assert.equal(await textOf(await own.client.chat.completions.create({ model: 't1', messages: [{ role: 'user', content }], stream: true })), 'Hello');
    assert.deepEqual(own.upstream.requests[0].body.messages[0].content, content);
  });
});
