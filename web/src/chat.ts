export interface ChatEvent {
  text?: string;
  error?: string;
}

/** Cuts what has come into whole SSE events and returns the rest; events are separated by an empty line. */
export function takeEvents(buffer: string): { events: string[]; rest: string } {
  const parts = buffer.split(/\r?\n\r?\n/);
  const rest = parts.pop() ?? '';
  return { events: parts, rest };
}

/** What one event of a chat stream adds. */
export function readEvent(event: string): ChatEvent {
  const data = event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trimStart())
    .join('\n');
  if (data === '' || data === '[DONE]') return {};
  const chunk = JSON.parse(data) as {
    choices?: { delta?: { content?: string | null; reasoning_content?: string | null } }[];
    error?: { message?: string };
  };
  if (chunk.error) return { error: chunk.error.message ?? 'error' };
  const text = chunk.choices?.[0]?.delta?.content;
  return text ? { text } : {};
}

export interface ChatResult {
  model: string;
  tier: string;
  decision: string;
  requestId: string;
}

export interface ChatHandlers {
  onHead: (result: ChatResult) => void;
  onText: (text: string) => void;
}

/** Streams one answer; rejects with the gateway's own message. */
export async function streamChat(
  request: { key: string; model: string; prompt: string },
  handlers: ChatHandlers,
  signal: AbortSignal,
): Promise<void> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (request.key) headers.Authorization = `Bearer ${request.key}`;
  const response = await fetch('/v1/chat/completions', {
    method: 'POST',
    headers,
    body: JSON.stringify({ model: request.model, stream: true, messages: [{ role: 'user', content: request.prompt }] }),
    signal,
  });
  if (!response.ok || !response.body) {
    const body = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
    throw new Error(body.error?.message ?? `status ${response.status}`);
  }
  const header = (name: string) => response.headers.get(`x-smartroute-${name}`) ?? '';
  handlers.onHead({
    model: header('model'),
    tier: header('tier'),
    decision: header('decision'),
    requestId: header('request-id'),
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const { events, rest } = takeEvents(buffer + value);
    buffer = rest;
    for (const event of events) {
      const { text, error } = readEvent(event);
      if (error) throw new Error(error);
      if (text) handlers.onText(text);
    }
  }
}
