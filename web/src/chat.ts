/** What an event of a chat stream adds. */
export interface ChatEvent {
  text?: string;
  thinking?: string;
  error?: ChatError;
}

/** `code` is the gateway's, or 'network' when nothing answered. */
export class ChatError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Cuts what has come into whole SSE events and returns the rest; events are separated by an empty line. */
export function takeEvents(buffer: string): { events: string[]; rest: string } {
  const parts = buffer.split(/\r?\n\r?\n/);
  const rest = parts.pop() ?? '';
  return { events: parts, rest };
}

function errorOf(body: { error?: { message?: string; code?: string } }, fallback: string): ChatError {
  return new ChatError(body.error?.code ?? '', body.error?.message ?? fallback);
}

export function readEvent(event: string): ChatEvent {
  const data = event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trimStart())
    .join('\n');
  if (data === '' || data === '[DONE]') return {};
  const chunk = JSON.parse(data) as {
    choices?: { delta?: { content?: string | null; refusal?: string | null; reasoning_content?: string | null } }[];
    error?: { message?: string; code?: string };
  };
  if (chunk.error) return { error: errorOf(chunk, 'error') };
  const delta = chunk.choices?.[0]?.delta;
  const text = delta?.content || delta?.refusal;
  const thinking = delta?.reasoning_content;
  return { ...(text && { text }), ...(thinking && { thinking }) };
}

export interface ChatHead {
  model: string;
  tier: string;
  decision: string;
}

export interface ChatHandlers {
  onHead: (head: ChatHead) => void;
  onText: (text: string) => void;
  onThinking: (text: string) => void;
}

async function sent(request: { key: string; model: string; prompt: string }, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (request.key) headers.Authorization = `Bearer ${request.key}`;
  const response = await fetch('/v1/chat/completions', {
    method: 'POST',
    headers,
    body: JSON.stringify({ model: request.model, stream: true, messages: [{ role: 'user', content: request.prompt }] }),
    signal,
  });
  if (response.ok) return response;
  throw errorOf((await response.json().catch(() => ({}))) as object, `HTTP ${response.status}`);
}

async function relay(body: ReadableStream<Uint8Array<ArrayBuffer>>, handlers: ChatHandlers): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const { events, rest } = takeEvents(buffer + value);
    buffer = rest;
    for (const { text, thinking, error } of events.map(readEvent)) {
      if (error) throw error;
      if (thinking) handlers.onThinking(thinking);
      if (text) handlers.onText(text);
    }
  }
}

/** Streams one answer; rejects with a ChatError, or with the browser's AbortError. */
export async function streamChat(
  request: { key: string; model: string; prompt: string },
  handlers: ChatHandlers,
  signal: AbortSignal,
): Promise<void> {
  try {
    const response = await sent(request, signal);
    const header = (name: string) => response.headers.get(`x-smartroute-${name}`) ?? '';
    handlers.onHead({ model: header('model'), tier: header('tier'), decision: header('decision') });
    if (response.body) await relay(response.body, handlers);
  } catch (failure) {
    if (signal.aborted || failure instanceof ChatError) throw failure;
    throw new ChatError('network', String(failure));
  }
}
