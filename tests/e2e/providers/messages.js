// Anthropic's Messages. Facts: Anthropic's API reference (create a message, errors), its guides to tool use, extended
// thinking and structured outputs.
import { z } from 'zod';
import { failure, plain, stream } from './messages_answers.js';
import { anyObject, base64, firstProblem, merged } from './rules.js';

const cached = { cache_control: z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() }).nullish() };
const text = z.strictObject({
  type: z.literal('text'), text: z.string().regex(/\S/, 'text content blocks must contain non-whitespace text'), citations: z.array(anyObject).nullish(), ...cached,
});
const sourceOf = (types) => z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('base64'), media_type: z.enum(types), data: base64 }),
  z.strictObject({ type: z.literal('url'), url: z.url({ protocol: /^https?$/ }) }),
  z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string() }),
]);
const image = z.strictObject({ type: z.literal('image'), source: sourceOf(['image/jpeg', 'image/png', 'image/gif', 'image/webp']), ...cached });
const document = z.strictObject({ type: z.literal('document'), source: sourceOf(['application/pdf']), title: z.string().nullish(), ...cached });
const id = z.string().regex(/^[a-zA-Z0-9_-]+$/, 'String should match pattern \'^[a-zA-Z0-9_-]+$\'');
const name = z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/, 'String should match pattern \'^[a-zA-Z0-9_-]{1,128}$\'');
const result = z.strictObject({
  type: z.literal('tool_result'), tool_use_id: id, is_error: z.boolean().optional(), ...cached,
  content: z.union([z.string(), z.array(z.discriminatedUnion('type', [text, image, document])).min(1)]).optional(),
});
// Every signature of `messages_answers.js` and of the files in tests/data begins so; the service checks all of it.
const signature = z.string().regex(/^Eq[A-Za-z0-9+/]+=*$/, 'Invalid `signature` in `thinking` block');
const ofAssistant = z.discriminatedUnion('type', [
  text,
  z.strictObject({ type: z.literal('tool_use'), id, name, input: anyObject, caller: anyObject.optional(), ...cached }),
  z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature }),
  z.strictObject({ type: z.literal('redacted_thinking'), data: z.string().regex(/^Em/) }),
]);
const content = (block) => z.union([z.string().min(1), z.array(block).min(1)]);

const tool = z.union([
  z.strictObject({
    type: z.literal('custom').optional(), name, description: z.string().optional(), strict: z.boolean().optional(), ...cached,
    input_schema: z.looseObject({ type: z.literal('object') }), eager_input_streaming: z.boolean().nullish(), input_examples: z.array(anyObject).optional(),
    defer_loading: z.boolean().optional(), allowed_callers: z.array(z.string()).optional(),
  }),
  z.looseObject({ type: z.string().regex(/_\d{8}$/, 'no tool of theirs'), name }),
]);
const one = { disable_parallel_tool_use: z.boolean().optional() };
const choice = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(['auto', 'any']), ...one }),
  z.strictObject({ type: z.literal('tool'), name, ...one }),
  z.strictObject({ type: z.literal('none') }),
]);
const display = { display: z.enum(['summarized', 'omitted']).nullish() };
const thinking = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('enabled'), budget_tokens: z.int().min(1024), ...display }),
  z.strictObject({ type: z.literal('adaptive'), ...display }),
  z.strictObject({ type: z.literal('disabled') }),
]);

const request = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1),
  messages: z.array(z.discriminatedUnion('role', [
    z.strictObject({ role: z.literal('user'), content: content(z.discriminatedUnion('type', [text, image, document, result])) }),
    z.strictObject({ role: z.literal('assistant'), content: content(ofAssistant) }),
  ])).min(1),
  system: z.union([z.string(), z.array(text)]).optional(),
  metadata: z.strictObject({ user_id: z.string().max(256).nullish() }).optional(),
  stop_sequences: z.array(z.string().regex(/\S/)).optional(),
  stream: z.boolean().optional(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.int().min(0).optional(),
  tools: z.array(tool).optional(),
  tool_choice: choice.optional(),
  thinking: thinking.optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  output_config: z.strictObject({
    effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
    format: z.strictObject({ type: z.literal('json_schema'), schema: anyObject }).nullish(),
  }).optional(),
  ...cached,
});

const blocksOf = (said) => (typeof said === 'string' ? [{ type: 'text', text: said }] : said ?? []);

function misplacedCalls(messages) {
  let open = [];
  for (const [index, message] of messages.entries()) {
    const blocks = blocksOf(message.content);
    const before = messages[index - 1]?.role;
    if (index === 0 && message.role !== 'user') return 'messages: first message must use the "user" role';
    if (message.role === before) return 'messages: roles must alternate between "user" and "assistant"';
    const results = blocks.filter((block) => block.type === 'tool_result').map((block) => block.tool_use_id);
    const stranger = results.find((one) => !open.includes(one));
    if (stranger) return `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stranger}`;
    const missing = open.filter((one) => !results.includes(one));
    if (missing.length) return `messages.${index - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing}`;
    if (blocks.slice(0, results.length).some((block) => block.type !== 'tool_result') && results.length) return `messages.${index}: results must stand first`;
    open = blocks.filter((block) => block.type === 'tool_use').map((block) => block.id);
  }
  return open.length ? `messages: \`tool_use\` ids were found without \`tool_result\` blocks: ${open}` : undefined;
}

// A tool loop under thinking must go on from what was thought.
function unthought({ thinking: how, messages }) {
  if (how?.type !== 'enabled') return undefined;
  const last = messages.findLastIndex((message) => message.role === 'assistant');
  const isLoop = last >= 0 && blocksOf(messages.at(-1).content).some((block) => block.type === 'tool_result');
  const first = isLoop ? blocksOf(messages[last].content)[0].type : 'thinking';
  return /thinking$/.test(first) ? undefined : `messages.${last}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`.`;
}

function misplaced(body) {
  const { messages, tools, tool_choice: choiceOf, thinking: how } = body;
  if (body.temperature !== undefined && body.top_p !== undefined) return '`temperature` and `top_p` cannot both be specified for this model.';
  if (choiceOf && !tools?.length) return 'tool_choice may only be specified while providing tools';
  if (how?.type === 'enabled' && how.budget_tokens >= body.max_tokens) return '`max_tokens` must be greater than `thinking.budget_tokens`';
  if (how && how.type !== 'disabled') {
    if (['any', 'tool'].includes(choiceOf?.type)) return 'Thinking may not be enabled when tool_choice forces tool use.';
    if (body.top_k !== undefined || (body.temperature ?? 1) !== 1) return '`temperature` may only be set to 1 when thinking is enabled';
  }
  const last = blocksOf(messages.at(-1).content).at(-1);
  if (messages.at(-1).role === 'assistant' && /\s$/.test(last.text ?? '')) return 'messages: final assistant content cannot end with trailing whitespace';
  const marks = JSON.stringify(body).match(/"cache_control":\{/g)?.length ?? 0;
  if (marks > 4) return 'A maximum of 4 blocks with cache_control may be provided.';
  return misplacedCalls(messages) ?? unthought(body);
}

const textOf = (said) => blocksOf(said).map((block) => block.text ?? '').join('');
const addressOf = (source) => (source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}`);

function partOf(block) {
  switch (block.type) {
    case 'image': return { image: addressOf(block.source) };
    case 'tool_use': return { call: block.name, id: block.id, args: block.input };
    case 'tool_result': return { result: block.tool_use_id, text: textOf(block.content), ...(block.is_error && { isError: true }) };
    case 'thinking': return { reasoning: block.thinking, proof: block.signature };
    case 'redacted_thinking': return { reasoning: '', proof: block.data };
    default: return { text: block.text };
  }
}

function read(body) {
  return {
    model: body.model,
    system: blocksOf(body.system).map((block) => block.text).join('\n\n'),
    turns: merged(body.messages.map(({ role, content: said }) => ({ role, parts: blocksOf(said).map(partOf) }))),
    tools: (body.tools ?? []).map((each) => ({ name: each.name, description: each.description, schema: each.input_schema })),
    maxTokens: body.max_tokens,
    schema: body.output_config?.format?.schema,
    temperature: body.temperature,
  };
}

const dialect = (model) => ({
  protocol: 'v1-messages', vendor: 'anthropic', root: '/v1', key: 'sk-ant-of-anthropic', model, proof: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3h',
  headers: ['x-api-key', 'authorization', 'anthropic-version', 'anthropic-beta', 'traceparent', 'tracestate', 'idempotency-key'],
  // The key goes under either name, but not under both.
  isAuthorised: (headers) => [headers['x-api-key'], headers.authorization].filter((one) => one !== undefined).join('|').replace('Bearer ', '') === 'sk-ant-of-anthropic',
  route: (request, body) => (request.method === 'POST' && request.url === '/v1/messages' ? { isStream: body.stream === true } : undefined),
  problemOf: (body, { headers }) => (headers['anthropic-version'] ? firstProblem(request, body, misplaced) : 'anthropic-version: header is required'),
  read, plain, stream, failure,
});

// The one thinks as much as it finds right, the other within a budget, and then checks what a loop of tools goes on from.
export const messages = dialect('claude-opus-4-6');
export const budget = dialect('claude-sonnet-4-5');
