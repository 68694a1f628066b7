// What the rules of all dialects are made of.
import { z } from 'zod';

export const anyObject = z.looseObject({});
export const base64 = z.string().regex(/^[A-Za-z0-9+/_-]+=*$/, 'no base64');
export const functionName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'no name of a function');
export const json = z.string().refine(isJson, 'no JSON');

export function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

// The first thing that is wrong with a body, in words; undefined when nothing is. `more` looks at what a schema cannot
// say and returns a text or throws one.
export function firstProblem(schema, body, more) {
  const result = schema.safeParse(body);
  if (!result.success) {
    const { path, message } = deepest(result.error.issues[0]);
    return `${path.join('.')}: ${message}`;
  }
  return more?.(body);
}

// The issue of the alternative that came closest.
function deepest(issue, above = []) {
  const path = [...above, ...issue.path];
  if (issue.code !== 'invalid_union' || !issue.errors?.length) return { ...issue, path };
  const found = issue.errors.flat().map((inner) => deepest(inner, path));
  return found.reduce((best, one) => (one.path.length > best.path.length ? one : best), found[0] ?? { ...issue, path });
}

// Neighbouring turns of one speaker as one, for those who compare histories.
export function merged(turns) {
  const out = [];
  for (const { role, parts } of turns) {
    if (out.at(-1)?.role === role) out.at(-1).parts.push(...parts);
    else out.push({ role, parts: [...parts] });
  }
  return out;
}
