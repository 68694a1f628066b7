// A scripted provider that speaks OpenAI's chat completions. Each test says what the next request to a path prefix gets.
import http from 'node:http';

export class Upstream {
  static async start() {
    const upstream = new Upstream();
    upstream.requests = [];
    upstream.scripts = [];
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
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const seen = { path: request.url, headers: request.headers, text, closed: null };
    seen.closed = new Promise((resolve) => response.once('close', () => resolve(performance.now())));
    this.requests.push(seen);
    const provider = request.url.split('/')[1];
    const at = this.scripts.findIndex((one) => one.provider === provider);
    const script = at < 0 ? answerNormally : this.scripts.splice(at, 1)[0].script;
    await script(request, response, JSON.parse(text));
  }

  reset() {
    this.requests.length = 0;
    this.scripts.length = 0;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

export function chunk(delta, finish = null, more = {}) {
  return {
    id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1700000000, model: 'small-2026',
    choices: [{ index: 0, delta, finish_reason: finish }], ...more,
  };
}

export function sse(events) {
  return events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
}

export const usage = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };

export function streamOf(texts, body) {
  const events = [chunk({ role: 'assistant', content: '' }), ...texts.map((content) => chunk({ content })), chunk({}, 'stop')];
  if (body.stream_options?.include_usage) events.push({ ...chunk({}), choices: [], usage });
  return sse([...events, '[DONE]']);
}

export function completion(message, finish = 'stop') {
  return {
    id: 'chatcmpl-1', object: 'chat.completion', created: 1700000000, model: 'small-2026',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }], usage,
  };
}

export function sendJson(response, status, value, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

export function fail(status, error, headers = {}) {
  return (_request, response) => sendJson(response, status, { error }, headers);
}

export function answerNormally(_request, response, body) {
  if (body.stream) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(streamOf(['Hel', 'lo'], body));
  } else {
    sendJson(response, 200, completion({ content: 'Hello' }));
  }
}
