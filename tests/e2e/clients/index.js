// What a program says, whatever its SDK:
//
//   { model, system, tools: [{ name, description, schema }], schema, maxTokens, thinks, more,   `more` as the SDK takes it
//     turns: [{ user: text or [{ text }, { image: url }] }, { answer }, { results: [{ id, text }] }] }
//
// and what it is told, plainly or by the SDK's own helper for streams:
//
//   { model, text, refusal, reasoning, calls: [{ id, name, args }], finish: stop | calls | length | filter, usage, again }
//
// with `again` as the SDK's users send it back.
import { chat } from './chat.js';
import { messages } from './messages.js';
import { responses } from './responses.js';

export const clients = [chat, messages, responses];
