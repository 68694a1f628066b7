// What Gemini answers. Facts: the Gemini API reference (GenerateContentResponse, UsageMetadata), its guides to thinking and
// thought signatures; errors after google.rpc.Status.
import { event, piecesOf } from './wire.js';

const head = { modelVersion: 'gemini-3-pro-preview', responseId: 'x9TkaLmkHPPlz7IPvtfUqQ4' };
const strange = { xNewMember: { deep: [1, null, 'x'] } };

const usageOf = ({ input, cached, output, reasoning }) => ({
  promptTokenCount: input, cachedContentTokenCount: cached, candidatesTokenCount: output - reasoning, thoughtsTokenCount: reasoning,
  totalTokenCount: input + output, promptTokensDetails: [{ modality: 'TEXT', tokenCount: input }],
});

const finishes = { length: 'MAX_TOKENS', filter: 'SAFETY', undefined: 'STOP' };

// Of parallel calls only the first is signed; what was thought before a text is signed with the text.
function* partsOf(say, pieces) {
  let proof;
  const signed = () => {
    const one = proof ? { thoughtSignature: proof } : {};
    proof = undefined;
    return one;
  };
  for (const one of say) {
    proof = one.proof ?? proof;
    if (one.call) yield { functionCall: { name: one.call, args: one.args, id: one.id }, ...signed() };
    else if (one.reasoning) for (const text of pieces(one.reasoning)) yield { text, thought: true };
    else for (const text of pieces(one.text ?? one.refusal ?? '')) yield { text };
  }
  if (proof) yield { text: '', ...signed() };
}

const reply = (answer, parts, more) => ({
  candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }], usageMetadata: usageOf(answer.usage), ...head, ...(answer.strange && strange),
});

export const plain = (answer) => reply(answer, [...partsOf(answer.say, (text) => [text])], { finishReason: finishes[answer.finish] });

export function stream(answer) {
  const events = [...partsOf(answer.say, piecesOf)].map((part) => event(reply(answer, [part])));
  if (answer.strange) events.splice(1, 0, event({ ...head, ...strange, usageMetadata: usageOf(answer.usage) }));
  if (answer.breaks?.error) events.push(event({ error: { code: 503, message: answer.breaks.error, status: 'UNAVAILABLE' } }));
  if (answer.breaks) return events;
  return [...events, event(reply(answer, [{ text: '' }], { finishReason: finishes[answer.finish] }))];
}

const states = { 400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND', 429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL', 503: 'UNAVAILABLE' };

export const failure = ({ status, message }) => ({ error: { code: status, message, status: states[status] ?? 'UNKNOWN' } });
