// The official SDK of chat completions. For `say` and what comes back, see `clients/index.js`.
import OpenAI from 'openai';
import { gatewayKey } from '../upstream.js';

const partOf = (part) => (part.image ? { type: 'image_url', image_url: { url: part.image } } : { type: 'text', text: part.text });

function messagesOf(turn) {
  if (turn.results) return turn.results.map((one) => ({ role: 'tool', tool_call_id: one.id, content: one.text }));
  if (turn.answer) return [turn.answer.again];
  return [{ role: 'user', content: typeof turn.user === 'string' ? turn.user : turn.user.map(partOf) }];
}

const schemaOf = (schema) => ({ type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } });

function bodyOf(say) {
  const system = say.system ? [{ role: 'system', content: say.system }] : [];
  return {
    model: say.model,
    messages: [...system, ...say.turns.flatMap(messagesOf)],
    ...(say.tools && { tools: say.tools.map((tool) => ({ type: 'function', function: { name: tool.name, description: tool.description, parameters: tool.schema } })) }),
    ...(say.schema && { response_format: schemaOf(say.schema) }),
    ...(say.maxTokens && { max_completion_tokens: say.maxTokens }),
    ...(say.thinks && { reasoning_effort: 'low' }),
    ...say.more,
  };
}

const finishes = { stop: 'stop', tool_calls: 'calls', length: 'length', content_filter: 'filter' };

function answerOf({ choices: [choice], usage, model }, thought) {
  const { message } = choice;
  const calls = (message.tool_calls ?? []).map(({ id, type, function: { name, arguments: args }, extra_content: extra }) => ({
    id, type, function: { name, arguments: args }, ...(extra && { extra_content: extra }),
  }));
  const again = { role: 'assistant', content: message.content, ...(calls.length && { tool_calls: calls }), ...(message.refusal && { refusal: message.refusal }), ...thought };
  return {
    model,
    text: message.content ?? '',
    refusal: message.refusal ?? '',
    reasoning: thought.reasoning_content ?? thought.reasoning ?? '',
    calls: calls.map((call) => ({ id: call.id, name: call.function.name, args: JSON.parse(call.function.arguments) })),
    finish: finishes[choice.finish_reason],
    usage: usage && { input: usage.prompt_tokens, cached: usage.prompt_tokens_details.cached_tokens, output: usage.completion_tokens },
    again,
  };
}

// The SDK's helper knows no reasoning: put together here as its users do.
const joins = { reasoning: '', reasoning_content: '', reasoning_details: [] };

function thoughtOf(messages) {
  const out = {};
  for (const message of messages) {
    for (const [name, empty] of Object.entries(joins)) {
      if (message?.[name]?.length) out[name] = (out[name] ?? empty).concat(message[name]);
    }
  }
  return out;
}

// OpenRouter's details come in pieces, one block a number; what the gateway writes is whole already.
function joinedDetails({ reasoning_details: details, ...thought }) {
  if (!details) return thought;
  const blocks = [];
  for (const { signature, ...one } of details) {
    const last = blocks.at(-1);
    if (last?.type === one.type && last.index === one.index && last.type === 'reasoning.text') {
      last.text += one.text;
      if (signature) last.signature = signature;
    } else {
      blocks.push({ ...one, ...(signature && { signature }) });
    }
  }
  return { ...thought, reasoning_details: blocks };
}

async function ask(client, say, isStream) {
  const body = bodyOf(say);
  if (!isStream) {
    const answer = await client.chat.completions.create(body);
    return answerOf(answer, joinedDetails(thoughtOf([answer.choices[0].message])));
  }
  const deltas = [];
  const stream = client.chat.completions.stream({ ...body, stream_options: { include_usage: true } });
  stream.on('chunk', (chunk) => deltas.push(chunk.choices[0]?.delta));
  return answerOf(await stream.finalChatCompletion(), joinedDetails(thoughtOf(deltas)));
}

export const chat = {
  name: 'chat completions', protocol: 'openai', sdk: OpenAI, ask, raw: (client) => client.chat.completions,
  connect: (gateway, more) => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gatewayKey, maxRetries: 0, ...more }),
};
