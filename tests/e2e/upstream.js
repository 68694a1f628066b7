// A scripted provider that speaks OpenAI's chat completions, and is as strict about requests as OpenAI is. Each test says
// what the next request to a provider gets; what a request did wrong stands in `violations`.
import http from 'node:http';

export const keys = { first: 'sk-provider-one', second: 'sk-provider-two' };
export const gatewayKey = 'gateway-key-for-tests';

const forwardable = ['openai-organization', 'openai-project', 'openai-beta', 'traceparent', 'tracestate', 'idempotency-key'];
const known = ['host', 'authorization', 'content-type', 'content-length', 'accept', 'accept-encoding', 'user-agent', 'connection', ...forwardable];

export class Upstream {
  requests = [];
  scripts = [];
  violations = [];

  static async start() {
    const upstream = new Upstream();
    upstream.server = http.createServer((request, response) => void upstream.answer(request, response));
    await new Promise((resolve) => upstream.server.listen(0, '127.0.0.1', resolve));
    upstream.url = `http://127.0.0.1:${upstream.server.address().port}`;
    return upstream;
  }

  // The next request whose path begins with `/<provider>/` is answered by `script(request, response, body)`.
  next(provider, script) {
    this.scripts.push({ provider, script });
  }

  async answer(request, response) {
    const closed = new Promise((resolve) => response.once('close', () => resolve(performance.now())));
    const chunks = [];
    try {
      for await (const part of request) chunks.push(part);
    } catch {
      return; // gone in the middle of its body
    }
    const text = Buffer.concat(chunks).toString('utf8');
    const provider = request.url.split('/')[1];
    const problem = problemOf(request, provider, text);
    if (problem) {
      this.violations.push(problem);
      sendJson(response, problem.status, { error: { message: problem.message, type: 'invalid_request_error', param: null, code: null } });
      return;
    }
    this.requests.push({ provider, path: request.url, headers: request.headers, text, body: JSON.parse(text), closed });
    this.arrived?.();
    const at = this.scripts.findIndex((one) => one.provider === provider);
    const script = at < 0 ? answerNormally : this.scripts.splice(at, 1)[0].script;
    await script(request, response, JSON.parse(text));
  }

  // Resolves when a request is there.
  async received() {
    if (this.requests.length === 0) await new Promise((resolve) => (this.arrived = resolve));
    return this.requests[0];
  }

  reset() {
    this.requests.length = 0;
    this.scripts.length = 0;
    this.violations.length = 0;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

// The keys of the outermost object in their order, also those that JSON.parse would have dropped as given before.
function keysOf(text) {
  const found = [];
  let depth = 0;
  for (const [token, , colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') ++depth;
    else if (token === '}' || token === ']') --depth;
    else if (depth === 1 && colon) found.push(JSON.parse(token.slice(0, -colon.length)));
  }
  return found;
}

// What OpenAI would answer with 4xx, and what must never leave the gateway; undefined when all is well.
function problemOf(request, provider, text) {
  const bad = (message, status = 400) => ({ status, message: `${message} (${request.method} ${request.url}) ${text.slice(0, 200)}` });
  const { headers } = request;
  if (!keys[provider] || request.url !== `/${provider}/v1/chat/completions`) return bad('unknown url', 404);
  if (request.method !== 'POST') return bad('method', 405);
  if (headers.authorization !== `Bearer ${keys[provider]}`) return bad('not this provider\'s key', 401);
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) return bad('content-type');
  if (headers['content-length'] !== String(Buffer.byteLength(text))) return bad('content-length');
  const stranger = Object.keys(headers).find((name) => !known.includes(name));
  if (stranger) return bad(`header ${stranger} is not the provider's business`);
  if (text.includes(gatewayKey) || JSON.stringify(headers).includes(gatewayKey)) return bad('the gateway\'s own key leaked');

  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return bad('not JSON');
  }
  if (typeof body.model !== 'string' || body.model === '') return bad('you must provide a model parameter');
  if (keysOf(text).filter((key) => key === 'model').length !== 1) return bad('model given twice');
  if (body.stream !== undefined && typeof body.stream !== 'boolean') return bad('stream');
  if (body.stream_options && body.stream !== true) return bad('stream_options is only allowed when stream is true');
  if (!Array.isArray(body.messages) || body.messages.length === 0) return bad('messages');
  const asked = new Set();
  for (const message of body.messages) {
    if (!['developer', 'system', 'user', 'assistant', 'tool', 'function'].includes(message.role)) return bad(`role ${message.role}`);
    for (const call of message.tool_calls ?? []) asked.add(call.id);
    if (message.role === 'tool' && !asked.has(message.tool_call_id)) return bad('a tool message must answer a tool call');
  }
  for (const tool of body.tools ?? []) if (tool.type === 'function' && !tool.function?.name) return bad('a tool without a name');
  return undefined;
}

export function chunk(delta, finish = null, more = {}) {
  return {
    id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1700000000, model: 'small-2026', service_tier: 'default',
    system_fingerprint: 'fp_1', choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...more,
  };
}

export function sse(events) {
  return events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
}

export const usage = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };

// As OpenAI does it: with include_usage every chunk has `usage`, null but in the last, which has no choices.
export function streamOf(texts, body, deltas = texts.map((content) => ({ content })), finish = 'stop') {
  const asked = body.stream_options?.include_usage === true;
  const more = asked ? { usage: null } : {};
  const events = [
    chunk({ role: 'assistant', content: '', refusal: null }, null, more),
    ...deltas.map((delta) => chunk(delta, null, more)),
    chunk({}, finish, more),
  ];
  if (asked) events.push({ ...chunk({}), choices: [], usage });
  return sse([...events, '[DONE]']);
}

export function completion(message, finish = 'stop') {
  return {
    id: 'chatcmpl-1', object: 'chat.completion', created: 1700000000, model: 'small-2026',
    choices: [{ index: 0, message: { role: 'assistant', content: null, refusal: null, ...message }, logprobs: null, finish_reason: finish }],
    usage,
  };
}

export function sendJson(response, status, value, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof value === 'string' ? value : JSON.stringify(value));
}

export function sendStream(response, text) {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.end(text);
}

export const fail = (status, error, headers = {}) => (_request, response) => sendJson(response, status, { error }, headers);

// Begins a stream and leaves it open.
export const beginStream = (events) => (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(sse(events));
};

export function answerNormally(_request, response, body) {
  if (body.stream) {
    sendStream(response, streamOf(['Hel', 'lo'], body));
  } else {
    sendJson(response, 200, completion({ content: 'Hello' }));
  }
}
