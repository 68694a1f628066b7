// OpenAI's Responses. Facts: OpenAI's API reference (create a model response), its guide to reasoning models.
import { z } from 'zod';
import { failure, plain, stream } from './responses_answers.js';
import { anyObject, firstProblem, functionName, json, merged } from './rules.js';

const status = { status: z.enum(['in_progress', 'completed', 'incomplete']).optional() };
const inputPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('input_text'), text: z.string() }),
  z.strictObject({
    type: z.literal('input_image'), detail: z.enum(['auto', 'low', 'high', 'original']).optional(), file_id: z.string().nullish(),
    image_url: z.string().regex(/^(https?:\/\/|data:image\/(png|jpeg|gif|webp);base64,)/).nullish(),
  }),
  z.strictObject({
    type: z.literal('input_file'), file_id: z.string().nullish(), file_url: z.string().nullish(), filename: z.string().optional(),
    file_data: z.string().regex(/^data:[^;]+;base64,/).optional(),
  }),
]);
const outputPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('output_text'), text: z.string(), annotations: z.array(anyObject).optional(), logprobs: z.array(anyObject).optional() }),
  z.strictObject({ type: z.literal('refusal'), refusal: z.string() }),
]);
const content = (part) => z.union([z.string(), z.array(part).min(1)]);
const callId = z.string().min(1).max(64, 'string_above_max_length');
const itemId = (prefix) => z.string().startsWith(prefix, `Invalid 'id': Expected an ID that begins with '${prefix}'.`).max(64);

const message = z.discriminatedUnion('role', [
  z.strictObject({ type: z.literal('message').optional(), role: z.enum(['user', 'system', 'developer']), content: content(inputPart), id: itemId('msg').optional(), ...status }),
  z.strictObject({ type: z.literal('message').optional(), role: z.literal('assistant'), content: content(outputPart), id: itemId('msg').optional(), phase: z.string().nullish(), ...status }),
]);
const item = z.union([
  message,
  z.strictObject({ type: z.literal('function_call'), id: itemId('fc').optional(), call_id: callId, name: functionName, arguments: json, ...status }),
  z.strictObject({ type: z.literal('function_call_output'), id: z.string().optional(), call_id: callId, output: content(inputPart), ...status }),
  z.strictObject({
    type: z.literal('reasoning'), id: itemId('rs').optional(), summary: z.array(z.strictObject({ type: z.literal('summary_text'), text: z.string() })),
    content: z.array(anyObject).optional(), encrypted_content: z.string().regex(/^gAAAA/, 'The encrypted content could not be verified.').nullish(), ...status,
  }),
]);

const tool = z.union([
  z.strictObject({ type: z.literal('function'), name: functionName, description: z.string().nullish(), parameters: anyObject.nullable(), strict: z.boolean().nullish() }),
  z.looseObject({ type: z.enum(['web_search', 'file_search', 'code_interpreter', 'image_generation']) }),
]);
const format = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(['text', 'json_object']) }),
  z.strictObject({ type: z.literal('json_schema'), name: functionName, schema: anyObject, strict: z.boolean().nullish(), description: z.string().optional() }),
]);

const request = z.strictObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(item).min(1)]),
  instructions: z.string().nullish(),
  tools: z.array(tool).optional(),
  tool_choice: z.union([z.enum(['auto', 'none', 'required']), z.strictObject({ type: z.literal('function'), name: functionName })]).optional(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z.strictObject({ format: format.optional(), verbosity: z.enum(['low', 'medium', 'high']).nullish() }).optional(),
  reasoning: z.strictObject({ effort: z.string().nullish(), summary: z.enum(['auto', 'concise', 'detailed']).nullish() }).nullish(),
  include: z.array(z.enum(['reasoning.encrypted_content', 'message.output_text.logprobs', 'web_search_call.action.sources'])).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  max_output_tokens: z.int().min(16, 'integer_below_min_value').nullish(),
  max_tool_calls: z.int().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  user: z.string().max(64).optional(),
  safety_identifier: z.string().max(64).optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  service_tier: z.string().nullish(),
  prompt_cache_key: z.string().max(64).optional(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
});

function misplaced(body) {
  if (!Array.isArray(body.input)) return undefined;
  const calls = new Set();
  const results = new Set();
  for (const [index, one] of body.input.entries()) {
    if (one.type === 'function_call') calls.add(one.call_id);
    if (one.type === 'function_call_output') {
      if (!calls.has(one.call_id)) return `input[${index}]: No tool call found for function call output with call_id ${one.call_id}.`;
      results.add(one.call_id);
    }
    // With nothing stored, an item is only what it holds.
    if (one.type === 'reasoning' && body.store === false && !one.encrypted_content) return `input[${index}]: Item with id '${one.id}' not found.`;
    const next = body.input[index + 1]?.type;
    if (one.type === 'reasoning' && (!next || next === 'function_call_output' || body.input[index + 1]?.role === 'user')) {
      return `Item '${one.id}' of type 'reasoning' was provided without its required following item.`;
    }
  }
  const missing = [...calls].find((one) => !results.has(one));
  return missing ? `No tool output found for function call ${missing}.` : undefined;
}

const partsOf = (said) => (typeof said === 'string' ? [{ text: said }] : said).map((one) => (one.type === 'input_image' ? { image: one.image_url } : { text: one.text ?? one.refusal }));

function turnOf(one) {
  switch (one.type) {
    case 'function_call': return { role: 'assistant', parts: [{ call: one.name, id: one.call_id, args: JSON.parse(one.arguments) }] };
    case 'function_call_output': return { role: 'user', parts: [{ result: one.call_id, text: partsOf(one.output).map((part) => part.text).join('') }] };
    case 'reasoning': return { role: 'assistant', parts: [{ reasoning: one.summary.map((part) => part.text).join('\n\n'), proof: one.encrypted_content }] };
    default: return { role: one.role, parts: partsOf(one.content) };
  }
}

const isOfSystem = ({ role }) => role === 'system' || role === 'developer';

function read(body) {
  const input = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input;
  const texts = input.filter(isOfSystem).flatMap((one) => partsOf(one.content)).map((one) => one.text);
  return {
    model: body.model,
    system: [body.instructions, ...texts].filter(Boolean).join('\n\n'),
    turns: merged(input.filter((one) => !isOfSystem(one)).map(turnOf)),
    tools: (body.tools ?? []).map((one) => ({ name: one.name, description: one.description ?? undefined, schema: one.parameters })),
    maxTokens: body.max_output_tokens,
    schema: body.text?.format?.schema,
    temperature: body.temperature,
  };
}

export const responses = {
  protocol: 'v1-response', vendor: 'openai', root: '/v1', key: 'sk-of-responses', model: 'gpt-5.1-codex', proof: 'gAAAAABpsealed',
  headers: ['authorization', 'openai-organization', 'openai-project', 'openai-beta', 'traceparent', 'tracestate', 'idempotency-key'],
  isAuthorised: (headers) => headers.authorization === 'Bearer sk-of-responses',
  route: (httpRequest, body) => (httpRequest.method === 'POST' && httpRequest.url === '/v1/responses' ? { isStream: body.stream === true } : undefined),
  problemOf: (body) => firstProblem(request, body, misplaced),
  read, plain, stream, failure,
};
