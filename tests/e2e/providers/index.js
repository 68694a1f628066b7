import { gemini } from './gemini.js';
import { messages } from './messages.js';
import { openai, openrouter } from './openai.js';
import { responses } from './responses.js';

// One of each protocol, under the name that the tests' configuration gives it.
export const dialects = { openai, messages, responses, gemini };

// And the one of chat completions that carries signed reasoning.
export const thinking = { openrouter, messages, responses, gemini };

export const all = { ...dialects, ...thinking };
