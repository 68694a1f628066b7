// Chat completions as OpenAI writes them. Facts: OpenAI's API reference (the chat completion object, the chunk object).
import { event, piecesOf } from './wire.js';

const headOf = ({ model }) => ({ id: 'chatcmpl-B9MBs8C', created: 1764000000, model, service_tier: 'default', system_fingerprint: null });

const usageOf = ({ input, cached, output, reasoning }) => ({
  prompt_tokens: input, completion_tokens: output, total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
});

function finishOf({ say, finish }) {
  if (finish) return finish === 'filter' ? 'content_filter' : finish;
  return say.some((one) => one.call) ? 'tool_calls' : 'stop';
}

const callOf = ({ call, id, args }) => ({ id, type: 'function', function: { name: call, arguments: JSON.stringify(args) } });
const detailOf = ({ reasoning, proof }) => ({ type: 'reasoning.text', text: reasoning, signature: proof, format: 'anthropic-claude-v1', index: 0 });
const strange = { x_new_member: { deep: [1, null, 'x'] } };

export function plain(answer, body) {
  const { say } = answer;
  const joined = (kind) => say.map((one) => one[kind]).filter((one) => one !== undefined).join('') || null;
  const calls = say.filter((one) => one.call);
  const thoughts = say.filter((one) => one.reasoning);
  return {
    ...headOf(body), object: 'chat.completion',
    choices: [{
      index: 0, logprobs: null, finish_reason: finishOf(answer),
      message: {
        role: 'assistant', content: joined('text'), refusal: joined('refusal'), annotations: [],
        ...(calls.length && { tool_calls: calls.map(callOf) }),
        ...(thoughts.length && { reasoning: joined('reasoning'), reasoning_details: thoughts.map(detailOf) }),
        ...(answer.strange && strange),
      },
    }],
    usage: usageOf(answer.usage),
    ...(answer.strange && strange),
  };
}

function* deltasOf(answer) {
  yield { role: 'assistant', content: '', refusal: null };
  let index = 0;
  for (const one of answer.say) {
    if (one.call) {
      const { function: { name, arguments: args }, ...call } = callOf(one);
      yield { tool_calls: [{ index, ...call, function: { name, arguments: '' } }] };
      for (const piece of piecesOf(args)) yield { tool_calls: [{ index, function: { arguments: piece } }] };
      ++index;
    } else if (one.reasoning) {
      for (const piece of piecesOf(one.reasoning)) yield { reasoning: piece, reasoning_details: [{ ...detailOf({ reasoning: piece }), signature: null }] };
      yield { reasoning_details: [{ ...detailOf({ reasoning: '', proof: one.proof }) }] };
    } else {
      const [kind, text] = Object.entries(one)[0];
      for (const piece of piecesOf(text)) yield { [kind === 'text' ? 'content' : kind]: piece };
    }
  }
}

export function stream(answer, body) {
  const head = headOf(body);
  const asked = body.stream_options?.include_usage === true;
  const more = { ...(asked && { usage: null }), ...(answer.strange && strange) };
  const chunk = (delta, finish = null) => event({
    ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...more,
  });
  const events = [...deltasOf(answer)].map((delta) => chunk(delta));
  if (answer.strange) events.splice(1, 0, ': a comment\n\n', event({ ...head, object: 'chat.completion.chunk', choices: [], ...strange }));
  if (answer.breaks?.error) events.push(event({ error: { message: answer.breaks.error, type: 'server_error', param: null, code: null } }));
  if (answer.breaks) return events;
  events.push(chunk({}, finishOf(answer)));
  if (asked) events.push(event({ ...head, object: 'chat.completion.chunk', choices: [], usage: usageOf(answer.usage) }));
  return [...events, event('[DONE]')];
}

const types = { 401: 'authentication_error', 429: 'requests', 500: 'server_error', 503: 'server_error' };

export const failure = ({ status, message, type }) => ({
  error: { message, type: type ?? types[status] ?? 'invalid_request_error', param: null, code: status === 429 ? 'rate_limit_exceeded' : null },
});
