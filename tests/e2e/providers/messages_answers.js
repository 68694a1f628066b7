// Messages as Anthropic writes them. Facts: its API reference (create a message, streaming messages, errors).
import { event, piecesOf } from './wire.js';

const head = { id: 'msg_013Zva2CMHLNnXjNJJKqJ2EF', type: 'message', role: 'assistant', model: 'claude-opus-4-6' };
const strange = { x_new_member: { deep: [1, null, 'x'] } };

const usageOf = ({ input, cached, output }) => ({
  input_tokens: input - cached, cache_creation_input_tokens: 0, cache_read_input_tokens: cached, output_tokens: output, service_tier: 'standard',
});

function stopOf({ say, finish }) {
  if (finish) return finish === 'filter' ? 'refusal' : 'max_tokens';
  return say.some((one) => one.call) ? 'tool_use' : 'end_turn';
}

function blockOf({ reasoning, proof, text, refusal, call, id, args }) {
  if (call) return { type: 'tool_use', id, name: call, input: args };
  if (reasoning !== undefined) return { type: 'thinking', thinking: reasoning, signature: proof ?? '' };
  return { type: 'text', text: text ?? refusal };
}

export const plain = (answer) => ({
  ...head, content: answer.say.map(blockOf), stop_reason: stopOf(answer), stop_sequence: null, usage: usageOf(answer.usage), ...(answer.strange && strange),
});

const emptied = (block) => ({
  ...block, ...(block.type === 'tool_use' && { input: {} }), ...(block.type === 'text' && { text: '' }), ...(block.type === 'thinking' && { thinking: '', signature: '' }),
});

function* deltasOf(block) {
  if (block.type === 'tool_use') {
    yield { type: 'input_json_delta', partial_json: '' };
    if (Object.keys(block.input).length) for (const piece of piecesOf(JSON.stringify(block.input))) yield { type: 'input_json_delta', partial_json: piece };
  } else if (block.type === 'thinking') {
    for (const piece of piecesOf(block.thinking)) yield { type: 'thinking_delta', thinking: piece };
    yield { type: 'signature_delta', signature: block.signature };
  } else {
    for (const piece of piecesOf(block.text)) yield { type: 'text_delta', text: piece };
  }
}

export function stream(answer) {
  const events = [];
  const tell = (type, more = {}) => events.push(event({ type, ...more, ...(answer.strange && strange) }, type));
  const { output_tokens: output, ...begun } = usageOf(answer.usage);
  tell('message_start', { message: { ...head, content: [], stop_reason: null, stop_sequence: null, usage: { ...begun, output_tokens: 1 } } });
  tell('ping');
  for (const [index, block] of answer.say.map(blockOf).entries()) {
    tell('content_block_start', { index, content_block: emptied(block) });
    if (answer.strange) tell('new_kind_of_event', { index });
    for (const delta of deltasOf(block)) tell('content_block_delta', { index, delta });
    if (!answer.breaks) tell('content_block_stop', { index });
  }
  if (answer.breaks?.error) tell('error', { error: { type: 'overloaded_error', message: answer.breaks.error } });
  if (answer.breaks) return events;
  tell('message_delta', { delta: { stop_reason: stopOf(answer), stop_sequence: null }, usage: { output_tokens: output } });
  tell('message_stop');
  return events;
}

const types = { 401: 'authentication_error', 403: 'permission_error', 404: 'not_found_error', 413: 'request_too_large', 429: 'rate_limit_error', 500: 'api_error', 529: 'overloaded_error' };

export const failure = ({ status, message, type }) => ({
  type: 'error', error: { type: type ?? types[status] ?? 'invalid_request_error', message }, request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy',
});
