import { gemini } from './gemini.js';
import { budget, messages } from './messages.js';
import { openai, openrouter } from './openai.js';
import { responses } from './responses.js';

// One of each protocol, under the name that the tests' configuration gives it.
export const dialects = { openai, messages, responses, gemini };

// And those that differ within their protocol: chat completions with signed reasoning, an older Anthropic model.
export const all = { ...dialects, openrouter, budget };
