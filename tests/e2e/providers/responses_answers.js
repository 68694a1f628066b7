// Responses as OpenAI writes them. Facts: OpenAI's API reference (the response object, streaming events).
import { event, piecesOf } from './wire.js';

const strange = { x_new_member: { deep: [1, null, 'x'] } };

const usageOf = ({ input, cached, output, reasoning }) => ({
  input_tokens: input, input_tokens_details: { cached_tokens: cached }, output_tokens: output,
  output_tokens_details: { reasoning_tokens: reasoning }, total_tokens: input + output,
});

const incomplete = { length: 'max_output_tokens', filter: 'content_filter' };

function objectOf(answer, body, more) {
  return {
    id: 'resp_67ccd2bed1ec8190b14f964abc054267', object: 'response', created_at: 1741476542, status: 'in_progress', background: false, error: null,
    incomplete_details: null, instructions: body.instructions ?? null, max_output_tokens: body.max_output_tokens ?? null, model: 'gpt-5.1-codex-2025-11-13',
    output: [], parallel_tool_calls: true, previous_response_id: null, reasoning: { effort: 'medium', summary: null }, store: false, temperature: 1,
    text: { format: { type: 'text' }, verbosity: 'medium' }, tool_choice: 'auto', tools: body.tools ?? [], top_p: 1, truncation: 'disabled', usage: null,
    user: null, metadata: {}, ...(answer.strange && strange), ...more,
  };
}

const ended = (answer, body, output) => objectOf(answer, body, {
  status: answer.finish ? 'incomplete' : 'completed', output, usage: usageOf(answer.usage),
  incomplete_details: answer.finish ? { reason: incomplete[answer.finish] } : null,
});

function itemOf({ reasoning, proof, text, refusal, call, id, args }, index, state = 'completed') {
  if (call) return { id: `fc_0${index}`, type: 'function_call', status: state, arguments: JSON.stringify(args), call_id: id, name: call };
  if (reasoning !== undefined) {
    return { id: `rs_0${index}`, type: 'reasoning', summary: reasoning ? [{ type: 'summary_text', text: reasoning }] : [], ...(proof && { encrypted_content: proof }) };
  }
  const part = refusal === undefined ? { type: 'output_text', annotations: [], logprobs: [], text } : { type: 'refusal', refusal };
  return { id: `msg_0${index}`, type: 'message', status: state, role: 'assistant', content: [part] };
}

export const plain = (answer, body) => ended(answer, body, answer.say.map((one, index) => itemOf(one, index)));

// The events between an item's beginning and its end.
function* insideOf(item) {
  if (item.type === 'function_call') {
    for (const delta of piecesOf(item.arguments)) yield ['function_call_arguments.delta', { delta }];
    yield ['function_call_arguments.done', { arguments: item.arguments, name: item.name }];
  } else if (item.type === 'reasoning') {
    for (const [at, part] of item.summary.entries()) {
      const place = { summary_index: at };
      yield ['reasoning_summary_part.added', { ...place, part: { type: 'summary_text', text: '' } }];
      for (const delta of piecesOf(part.text)) yield ['reasoning_summary_text.delta', { ...place, delta }];
      yield ['reasoning_summary_text.done', { ...place, text: part.text }];
      yield ['reasoning_summary_part.done', { ...place, part }];
    }
  } else {
    const [part] = item.content;
    const [kind, key] = part.type === 'refusal' ? ['refusal', 'refusal'] : ['output_text', 'text'];
    const place = { content_index: 0 };
    yield ['content_part.added', { ...place, part: { ...part, [key]: '' } }];
    for (const delta of piecesOf(part[key])) yield [`${kind}.delta`, { ...place, delta, ...(key === 'text' && { logprobs: [] }) }];
    yield [`${kind}.done`, { ...place, [key]: part[key], ...(key === 'text' && { logprobs: [] }) }];
    yield ['content_part.done', { ...place, part }];
  }
}

const begunOf = (item) => ({
  ...item, ...(item.status && { status: 'in_progress' }), ...(item.content && { content: [] }), ...(item.summary && { summary: [] }),
  ...(item.arguments !== undefined && { arguments: '' }),
});

export function stream(answer, body) {
  const events = [];
  const tell = (name, more) => {
    const type = name === 'error' ? name : `response.${name}`;
    events.push(event({ type, sequence_number: events.length, ...more, ...(answer.strange && strange) }, type));
  };
  tell('created', { response: objectOf(answer, body) });
  tell('in_progress', { response: objectOf(answer, body) });
  const items = answer.say.map((one, index) => itemOf(one, index));
  for (const [index, item] of items.entries()) {
    tell('output_item.added', { output_index: index, item: begunOf(item) });
    if (answer.strange) tell('new_kind_of_event', { output_index: index });
    for (const [name, more] of insideOf(item)) tell(name, { item_id: item.id, output_index: index, ...more });
    tell('output_item.done', { output_index: index, item });
  }
  if (answer.breaks?.error) {
    tell('error', { code: 'server_error', message: answer.breaks.error, param: null });
    tell('failed', { response: objectOf(answer, body, { status: 'failed', error: { code: 'server_error', message: answer.breaks.error } }) });
  }
  if (answer.breaks) return events;
  tell(answer.finish ? 'incomplete' : 'completed', { response: ended(answer, body, items) });
  return events;
}

export { failure } from './openai_answers.js';
