// Anthropic's official SDK.
import Anthropic from '@anthropic-ai/sdk';
import { gatewayKey } from '../upstream.js';

function partOf(part) {
  if (part.text) return { type: 'text', text: part.text };
  const inline = /^data:([^;]+);base64,(.*)$/.exec(part.image);
  return { type: 'image', source: inline ? { type: 'base64', media_type: inline[1], data: inline[2] } : { type: 'url', url: part.image } };
}

function messageOf(turn) {
  if (turn.results) return { role: 'user', content: turn.results.map((one) => ({ type: 'tool_result', tool_use_id: one.id, content: one.text })) };
  if (turn.answer) return turn.answer.again;
  return { role: 'user', content: typeof turn.user === 'string' ? turn.user : turn.user.map(partOf) };
}

const bodyOf = (say) => ({
  model: say.model,
  max_tokens: say.maxTokens ?? 4096,
  messages: say.turns.map(messageOf),
  ...(say.system && { system: say.system }),
  ...(say.tools && { tools: say.tools.map((tool) => ({ name: tool.name, description: tool.description, input_schema: tool.schema })) }),
  ...(say.schema && { output_config: { format: { type: 'json_schema', schema: say.schema } } }),
  ...(say.thinks && { thinking: { type: 'enabled', budget_tokens: 1024 } }),
  ...say.more,
});

const finishes = { end_turn: 'stop', stop_sequence: 'stop', tool_use: 'calls', max_tokens: 'length', refusal: 'filter' };

function answerOf({ model, content, stop_reason: stop, usage }) {
  const joined = (type, member) => content.filter((block) => block.type === type).map((block) => block[member]).join('');
  return {
    model,
    text: joined('text', 'text'),
    refusal: '',
    reasoning: joined('thinking', 'thinking'),
    calls: content.filter((block) => block.type === 'tool_use').map((block) => ({ id: block.id, name: block.name, args: block.input })),
    finish: finishes[stop],
    usage: {
      input: usage.input_tokens + usage.cache_read_input_tokens + (usage.cache_creation_input_tokens ?? 0),
      cached: usage.cache_read_input_tokens, output: usage.output_tokens,
    },
    again: { role: 'assistant', content },
  };
}

async function ask(client, say, isStream) {
  return answerOf(isStream ? await client.messages.stream(bodyOf(say)).finalMessage() : await client.messages.create(bodyOf(say)));
}

export const messages = {
  name: 'messages', protocol: 'v1-messages', sdk: Anthropic, ask, raw: (client) => client.messages,
  connect: (gateway, more) => new Anthropic({ baseURL: gateway.url, apiKey: gatewayKey, maxRetries: 0, ...more }),
};
