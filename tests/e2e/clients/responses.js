// The official SDK's Responses.
import OpenAI from 'openai';
import { gatewayKey } from '../upstream.js';

const partOf = (part) => (part.image ? { type: 'input_image', image_url: part.image, detail: 'auto' } : { type: 'input_text', text: part.text });

function itemsOf(turn) {
  if (turn.results) return turn.results.map((one) => ({ type: 'function_call_output', call_id: one.id, output: one.text }));
  if (turn.answer) return turn.answer.again;
  return [{ role: 'user', content: typeof turn.user === 'string' ? turn.user : turn.user.map(partOf) }];
}

const bodyOf = (say) => ({
  model: say.model,
  store: false,
  input: say.turns.flatMap(itemsOf),
  ...(say.system && { instructions: say.system }),
  ...(say.tools && { tools: say.tools.map((tool) => ({ type: 'function', name: tool.name, description: tool.description, parameters: tool.schema, strict: false })) }),
  ...(say.schema && { text: { format: { type: 'json_schema', name: 'answer', schema: say.schema, strict: true } } }),
  ...(say.maxTokens && { max_output_tokens: say.maxTokens }),
  ...(say.thinks && { reasoning: { effort: 'low', summary: 'auto' }, include: ['reasoning.encrypted_content'] }),
  ...say.more,
});

const endings = { completed: 'stop', max_output_tokens: 'length', content_filter: 'filter' };

// What the SDK adds to the items for its users, and the service would refuse.
const bare = ({ parsed_arguments: _arguments, content, ...item }) => ({ ...item, ...(content && { content: content.map(({ parsed: _parsed, ...part }) => part) }) });

function answerOf({ model, output, status, incomplete_details: incomplete, usage, output_text: text }) {
  const calls = output.filter((item) => item.type === 'function_call');
  const parts = output.flatMap((item) => (item.type === 'message' ? item.content : []));
  return {
    model,
    text,
    refusal: parts.map((part) => part.refusal ?? '').join(''),
    reasoning: output.flatMap((item) => (item.type === 'reasoning' ? item.summary : [])).map((part) => part.text).join(''),
    calls: calls.map((item) => ({ id: item.call_id, name: item.name, args: JSON.parse(item.arguments) })),
    finish: calls.length && status === 'completed' ? 'calls' : endings[incomplete?.reason ?? status],
    usage: { input: usage.input_tokens, cached: usage.input_tokens_details.cached_tokens, output: usage.output_tokens },
    again: output.map(bare),
  };
}

async function ask(client, say, isStream) {
  return answerOf(isStream ? await client.responses.stream(bodyOf(say)).finalResponse() : await client.responses.create(bodyOf(say)));
}

export const responses = {
  name: 'responses', protocol: 'v1-response', sdk: OpenAI, ask, raw: (client) => client.responses,
  connect: (gateway, more) => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gatewayKey, maxRetries: 0, ...more }),
};
