// OpenAI's chat completions, and OpenRouter's, which carries signed reasoning. Facts: OpenAI's API reference (create chat
// completion), OpenRouter's "Reasoning Tokens".
import { z } from 'zod';
import { failure, plain, stream } from './openai_answers.js';
import { anyObject, firstProblem, functionName, json, merged } from './rules.js';

const text = z.strictObject({ type: z.literal('text'), text: z.string().min(1) });
const part = z.discriminatedUnion('type', [
  text,
  z.strictObject({
    type: z.literal('image_url'),
    image_url: z.strictObject({ url: z.string().regex(/^(https?:\/\/|data:image\/(png|jpeg|gif|webp);base64,)/), detail: z.enum(['auto', 'low', 'high']).optional() }),
  }),
  z.strictObject({ type: z.literal('input_audio'), input_audio: z.strictObject({ data: z.string(), format: z.enum(['wav', 'mp3']) }) }),
  z.strictObject({ type: z.literal('file'), file: z.strictObject({ filename: z.string().optional(), file_data: z.string().optional(), file_id: z.string().optional() }) }),
]);
const texts = z.union([z.string(), z.array(text).min(1)]);
const call = z.strictObject({ id: z.string().min(1).max(64), type: z.literal('function'), function: z.strictObject({ name: functionName, arguments: json }) });
const reasoningDetail = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('reasoning.text'), text: z.string(), signature: z.string().nullish(), id: z.string().nullish(), format: z.string().optional(), index: z.number().optional() }),
  z.strictObject({ type: z.literal('reasoning.summary'), summary: z.string(), id: z.string().nullish(), format: z.string().optional(), index: z.number().optional() }),
  z.strictObject({ type: z.literal('reasoning.encrypted'), data: z.string(), id: z.string().nullish(), format: z.string().optional(), index: z.number().optional() }),
]);

const message = (ofAssistant) => z.discriminatedUnion('role', [
  z.strictObject({ role: z.enum(['system', 'developer']), content: texts, name: z.string().optional() }),
  z.strictObject({ role: z.literal('user'), content: z.union([z.string(), z.array(part).min(1)]), name: z.string().optional() }),
  z.strictObject({
    role: z.literal('assistant'), content: z.union([z.string(), z.array(text).min(1)]).nullish(), refusal: z.string().nullish(), name: z.string().optional(),
    tool_calls: z.array(call).min(1).optional(), annotations: z.array(anyObject).optional(), ...ofAssistant,
  }),
  z.strictObject({ role: z.literal('tool'), tool_call_id: z.string(), content: texts, name: z.string().optional() }),
]);

const tool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({ name: functionName, description: z.string().optional(), parameters: anyObject.optional(), strict: z.boolean().nullish() }),
});
const format = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({ name: functionName, description: z.string().optional(), schema: anyObject.optional(), strict: z.boolean().nullish() }),
  }),
]);

const request = (more, ofAssistant) => z.strictObject({
  model: z.string().min(1),
  messages: z.array(message(ofAssistant)).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() }).nullish(),
  n: z.int().min(1).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  tools: z.array(tool).min(1).optional(),
  tool_choice: z.union([z.enum(['none', 'auto', 'required']), z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: functionName }) })]).optional(),
  parallel_tool_calls: z.boolean().optional(),
  response_format: format.optional(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  seed: z.int().nullish(),
  logit_bias: anyObject.nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  max_tokens: z.int().min(1).nullish(),
  user: z.string().max(64).optional(),
  prompt_cache_key: z.string().optional(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority']).nullish(),
  verbosity: z.enum(['low', 'medium', 'high']).nullish(),
  ...more,
});

const ofOpenAi = request({
  max_completion_tokens: z.int().min(1).nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']).nullish(),
  safety_identifier: z.string().max(64).optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
  store: z.boolean().nullish(),
}, {});

const ofOpenRouter = request({
  reasoning: z.strictObject({ effort: z.string().optional(), max_tokens: z.int().optional(), enabled: z.boolean().optional(), exclude: z.boolean().optional() }).optional(),
  top_k: z.int().optional(),
  max_completion_tokens: z.int().min(1).nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']).nullish(),
}, { reasoning: z.string().nullish(), reasoning_content: z.string().nullish(), reasoning_details: z.array(reasoningDetail).min(1).optional() });

// What OpenAI finds out only when it has the whole request.
function misplaced(body) {
  if (body.stream_options && body.stream !== true) return 'The \'stream_options\' parameter is only allowed when \'stream\' is enabled.';
  for (const name of ['tool_choice', 'parallel_tool_calls']) if (body[name] !== undefined && !body.tools) return `'${name}' is only allowed when 'tools' are specified.`;
  if (body.top_logprobs && !body.logprobs) return 'top_logprobs without logprobs';
  if (/^(gpt-5|o\d)/.test(body.model)) {
    if (body.max_tokens != null) return 'Unsupported parameter: \'max_tokens\' is not supported with this model. Use \'max_completion_tokens\' instead.';
    if (body.temperature != null && body.temperature !== 1) return 'Unsupported value: \'temperature\' does not support it with this model.';
  }
  const open = new Set();
  for (const [index, { role, tool_calls: calls, tool_call_id: id, content, refusal }] of body.messages.entries()) {
    if (role === 'tool') {
      if (!open.delete(id)) return `Invalid parameter: messages[${index}] with role 'tool' must be a response to a preceeding message with 'tool_calls'.`;
      continue;
    }
    if (open.size) return `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id': ${[...open]}`;
    if (role === 'assistant' && content == null && !calls && refusal == null) return `messages[${index}]: content or tool_calls is required`;
    for (const one of calls ?? []) open.add(one.id);
  }
  return open.size ? `no answer to the tool calls ${[...open]}` : undefined;
}

const partsOf = (content) => (typeof content === 'string' ? [{ text: content }] : content ?? []).map((one) => {
  if (one.type === 'image_url') return { image: one.image_url.url };
  return { text: one.text };
});

const proofOf = (detail) => detail.signature ?? detail.data;

function turnOf({ role, content, tool_calls: calls = [], tool_call_id: id, reasoning_details: details = [] }) {
  if (role === 'tool') return { role: 'user', parts: [{ result: id, text: partsOf(content).map((one) => one.text).join('') }] };
  if (role === 'user') return { role, parts: partsOf(content) };
  return {
    role,
    parts: [
      ...details.map((one) => ({ reasoning: one.text ?? one.summary ?? '', proof: proofOf(one) })),
      ...partsOf(content || []),
      ...calls.map((one) => ({ call: one.function.name, id: one.id, args: JSON.parse(one.function.arguments) })),
    ],
  };
}

const isOfSystem = ({ role }) => role === 'system' || role === 'developer';

function read(body) {
  return {
    model: body.model,
    system: body.messages.filter(isOfSystem).flatMap((one) => partsOf(one.content)).map((one) => one.text).join('\n\n'),
    turns: merged(body.messages.filter((one) => !isOfSystem(one)).map(turnOf)),
    tools: (body.tools ?? []).map(({ function: one }) => ({ name: one.name, description: one.description, schema: one.parameters })),
    maxTokens: body.max_completion_tokens ?? body.max_tokens,
    schema: body.response_format?.json_schema?.schema,
    temperature: body.temperature,
  };
}

const dialect = (vendor, model, rules, proof) => ({
  protocol: 'openai', vendor, root: '/v1', key: `sk-of-${vendor}`, model, proof,
  headers: ['authorization', 'openai-organization', 'openai-project', 'openai-beta', 'traceparent', 'tracestate', 'idempotency-key'],
  isAuthorised: (headers) => headers.authorization === `Bearer sk-of-${vendor}`,
  route: (request, body) => (request.method === 'POST' && request.url === '/v1/chat/completions' ? { isStream: body.stream === true } : undefined),
  problemOf: (body) => firstProblem(rules, body, misplaced),
  read, plain, stream, failure,
});

export const openai = dialect('openai', 'gpt-5.1', ofOpenAi);
export const openrouter = dialect('openrouter', 'anthropic/claude-opus-4.5', ofOpenRouter, 'EqQBCgIYAhIM1gbcDa9GJwZA2b3i');
