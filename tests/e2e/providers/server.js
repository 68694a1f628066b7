// A scripted provider: as strict about requests as the service whose dialect it speaks, and answering what the test said
// in that dialect's wire form. An answer, whatever the dialect:
//
//   { say: [{ reasoning, proof }, { text }, { refusal }, { call: name, id, args, proof }],   in this order
//     finish: 'length' | 'filter',                  otherwise told by what was said
//     usage: { input, cached, output, reasoning },  input counts the cached ones, output the reasoning
//     fail: { status, message, type },              instead of an answer
//     breaks: { error } | 'cut',                    a stream, after what was said and before its end
//     strange: true }                               with members and events that nobody knows
import http from 'node:http';
import { gatewayKey } from '../upstream.js';
import { dribble } from './wire.js';

export const usage = { input: 100, cached: 40, output: 30, reasoning: 10 };
export const hello = { say: [{ text: 'Hello, 世界 🌍!' }] };

const hopHeaders = ['host', 'content-type', 'content-length', 'accept', 'accept-encoding', 'user-agent', 'connection'];

export class ScriptedProvider {
  requests = [];
  scripts = [];
  violations = [];

  // `isDirect`: the vendor's own SDK is the client, which describes itself in headers.
  static async start(dialect, { isDirect = false } = {}) {
    const provider = new ScriptedProvider();
    provider.dialect = dialect;
    provider.isDirect = isDirect;
    provider.server = http.createServer((request, response) => void provider.answer(request, response));
    await new Promise((resolve) => provider.server.listen(0, '127.0.0.1', resolve));
    provider.origin = `http://127.0.0.1:${provider.server.address().port}`;
    return provider;
  }

  // As the gateway is told of it.
  get settings() {
    const { protocol, vendor, root, key } = this.dialect;
    return { protocol, vendor, base_url: this.origin + root, api_key: key };
  }

  // The next request gets this answer, or what this function makes of the request.
  next(...answers) {
    this.scripts.push(...answers);
  }

  reset() {
    this.requests.length = this.scripts.length = this.violations.length = 0;
  }

  // What the provider was told last, whatever the dialect; see `read` of the dialects.
  seen() {
    return this.dialect.read(this.requests.at(-1).body);
  }

  async answer(request, response) {
    const chunks = [];
    try {
      for await (const part of request) chunks.push(part);
    } catch {
      return; // gone in the middle of its body
    }
    const text = Buffer.concat(chunks).toString('utf8');
    const problem = this.problemOf(request, text);
    if (problem) {
      this.violations.push(`${problem.message} (${request.method} ${request.url}) ${text.slice(0, 600)}`);
      send(response, problem.status, this.dialect.failure(problem));
      return;
    }
    const body = JSON.parse(text);
    const { isStream } = this.dialect.route(request, body);
    this.requests.push({ path: request.url, headers: request.headers, text, body });
    const script = this.scripts.shift() ?? hello;
    await this.give(typeof script === 'function' ? script(body) : script, { response, body, isStream });
  }

  async give(answer, { response, body, isStream }) {
    if (answer.fail) {
      send(response, answer.fail.status, this.dialect.failure(answer.fail));
      return;
    }
    const whole = { usage, ...answer };
    if (!isStream) {
      send(response, 200, this.dialect.plain(whole, body));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.socket.setNoDelay(true);
    await dribble(response, this.dialect.stream(whole, body).join(''));
    if (whole.breaks === 'cut') response.destroy();
    else response.end();
  }

  problemOf(request, text) {
    const { dialect } = this;
    const { headers } = request;
    const bad = (message, status = 400) => ({ message, status });
    if (text.includes(gatewayKey) || JSON.stringify(headers).includes(gatewayKey)) return bad('the gateway\'s own key leaked');
    if (!dialect.isAuthorised(headers)) return bad('no valid key', 401);
    if (!/^application\/json\b/.test(headers['content-type'] ?? '')) return bad('content-type');
    const known = [...hopHeaders, ...dialect.headers];
    const stranger = Object.keys(headers).find((name) => !known.includes(name));
    if (stranger && !this.isDirect) return bad(`header ${stranger} is not the provider's business`);
    let body;
    try {
      body = JSON.parse(text);
    } catch {
      return bad('not JSON');
    }
    if (!dialect.route(request, body)) return bad('unknown url', 404);
    const message = dialect.problemOf(body, { headers, path: request.url });
    return message && bad(message);
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

function send(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
