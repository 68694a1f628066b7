// What is built on top of the SDKs: Vercel's AI SDK and LangChain, through the gateway to providers of several dialects.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatAnthropic } from '@langchain/anthropic';
import { HumanMessage, SystemMessage } from '@langchain/core/messages';
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { generateObject, generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { dialectSuite, nameOf } from './dialect_suite.js';
import { dialects } from './providers/index.js';
import { hello } from './providers/server.js';
import { callsOf, toldOf } from './dialect_cases.js';
import { gatewayKey } from './upstream.js';

const upstreams = Object.keys(dialects);
const text = hello.say[0].text;
const city = z.object({ city: z.string() });
const sunny = ({ city: name }) => `sunny in ${name}`;
const asked = [['weather', { city: '北京' }], ['weather', { city: 'Paris' }]];
const told = [{ name: 'weather', args: { city: '北京' }, result: 'sunny in 北京' }, { name: 'weather', args: { city: 'Paris' }, result: 'sunny in Paris' }];

// Each makes a model of the AI SDK out of a name, behind the gateway.
const vercel = {
  'openai responses': (own, name) => createOpenAI({ baseURL: `${own.gateway.url}/v1`, apiKey: gatewayKey }).responses(name),
  'openai chat': (own, name) => createOpenAI({ baseURL: `${own.gateway.url}/v1`, apiKey: gatewayKey }).chat(name),
  'openai-compatible': (own, name) => createOpenAICompatible({
    name: 'smartroute', baseURL: `${own.gateway.url}/v1`, apiKey: gatewayKey, includeUsage: true, supportsStructuredOutputs: true,
  })(name),
  anthropic: (own, name) => createAnthropic({ baseURL: `${own.gateway.url}/v1`, apiKey: gatewayKey })(name),
};

// Nothing is stored behind the gateway: an item that is sent back must be the item itself.
const providerOptions = { openai: { store: false } };

// Its cached part is told apart by each provider in another way.
const usageOf = ({ inputTokens, outputTokens }) => [inputTokens, outputTokens];

dialectSuite('the AI SDK', (own) => {
  for (const [how, make] of Object.entries(vercel)) {
    for (const upstream of upstreams) {
      describe(`${how} to ${upstream}`, () => {
        const options = (more) => ({ model: make(own, nameOf(upstream)), system: 'Be brief.', prompt: 'Hi', maxRetries: 0, providerOptions, ...more });
        const tools = { weather: tool({ description: 'of a city', inputSchema: city, execute: sunny }) };

        test('a text', async () => {
          const answer = await generateText(options());
          assert.equal(answer.text, text);
          assert.equal(answer.finishReason, 'stop');
          assert.deepEqual(usageOf(answer.usage), [100, 30]);
          assert.equal(own.providers[upstream].seen().system, 'Be brief.');
        });

        test('a stream', async () => {
          const errors = [];
          const answer = streamText(options({ onError: ({ error }) => errors.push(error) }));
          let said = '';
          for await (const piece of answer.textStream) said += piece;
          assert.deepEqual(errors, []);
          assert.equal(said, text);
          assert.equal(await answer.finishReason, 'stop');
          assert.deepEqual(usageOf(await answer.usage), [100, 30]);
        });

        for (const isStream of [false, true]) {
          test(`a loop of parallel tools, ${isStream ? 'streamed' : 'plain'}`, async () => {
            own.providers[upstream].next(callsOf(dialects[upstream], ...asked));
            const loop = options({ tools, stopWhen: stepCountIs(3) });
            const answer = isStream ? streamText(loop) : await generateText(loop);
            assert.equal(await answer.text, text);
            assert.equal((await answer.steps).length, 2);
            assert.deepEqual(toldOf(own.providers[upstream]), told);
          });
        }

        test('an object', async () => {
          own.providers[upstream].next((body) => {
            const { tools: [offered] } = own.providers[upstream].dialect.read(body);
            const object = { city: '杭州' };
            return offered ? { say: [{ call: offered.name, id: 'call_1', args: object }] } : { say: [{ text: JSON.stringify(object) }] };
          });
          const answer = await generateObject(options({ schema: city }));
          assert.deepEqual(answer.object, { city: '杭州' });
        });

        test('an error', async () => {
          own.providers[upstream].next({ fail: { status: 400, message: 'the picture cannot be read' } });
          await assert.rejects(generateText(options()), (error) => {
            assert.equal(error.statusCode, 400);
            assert.match(error.message, /the picture cannot be read/);
            return true;
          });
        });
      });
    }
  }
});

const langchain = {
  ChatOpenAI: (own, model) => new ChatOpenAI({ model, apiKey: gatewayKey, maxRetries: 0, configuration: { baseURL: `${own.gateway.url}/v1` } }),
  'ChatOpenAI of Responses': (own, model) => new ChatOpenAI({
    model, apiKey: gatewayKey, maxRetries: 0, useResponsesApi: true, zdrEnabled: true, configuration: { baseURL: `${own.gateway.url}/v1` },
  }),
  ChatAnthropic: (own, model) => new ChatAnthropic({ model, apiKey: gatewayKey, maxRetries: 0, maxTokens: 1000, anthropicApiUrl: own.gateway.url }),
};

dialectSuite('LangChain', (own) => {
  for (const [how, make] of Object.entries(langchain)) {
    for (const upstream of upstreams) {
      describe(`${how} to ${upstream}`, () => {
        const messages = [new SystemMessage('Be brief.'), new HumanMessage('Hi')];
        const weather = langchainTool(sunny, { name: 'weather', description: 'of a city', schema: city });
        const model = () => make(own, nameOf(upstream));

        test('a text, and a stream', async () => {
          const answer = await model().invoke(messages);
          assert.equal(answer.text, text);
          assert.deepEqual([answer.usage_metadata.input_tokens, answer.usage_metadata.output_tokens], [100, 30]);
          let said = '';
          for await (const piece of await model().stream(messages)) said += piece.text;
          assert.equal(said, text);
          assert.equal(own.providers[upstream].seen().system, 'Be brief.');
        });

        for (const isStream of [false, true]) {
          test(`parallel tools, ${isStream ? 'streamed' : 'plain'}`, async () => {
            own.providers[upstream].next(callsOf(dialects[upstream], ...asked));
            const bound = model().bindTools([weather]);
            const ask = async (history) => {
              if (!isStream) return bound.invoke(history);
              let whole;
              for await (const piece of await bound.stream(history)) whole = whole ? whole.concat(piece) : piece;
              return whole;
            };
            const first = await ask(messages);
            assert.deepEqual(first.tool_calls.map(({ name, args }) => [name, args]), asked);
            const results = await Promise.all(first.tool_calls.map((call) => weather.invoke({ ...call, type: 'tool_call' })));
            const second = await ask([...messages, first, ...results]);
            assert.equal(second.text, text);
            assert.deepEqual(toldOf(own.providers[upstream]), told);
          });
        }

        test('an answer held to a schema', async () => {
          own.providers[upstream].next((body) => {
            const { tools: [offered] } = own.providers[upstream].dialect.read(body);
            const object = { city: '杭州' };
            return offered ? { say: [{ call: offered.name, id: 'call_1', args: object }] } : { say: [{ text: JSON.stringify(object) }] };
          });
          assert.deepEqual(await model().withStructuredOutput(city, { name: 'answer' }).invoke(messages), { city: '杭州' });
        });
      });
    }
  }
});
