import { useRef, useState } from 'react';
import { type ChatResult, streamChat } from './chat';
import { formatMs } from './format';
import type { Language, Messages } from './i18n';

interface Props {
  t: Messages;
  language: Language;
  apiKey: string;
}

interface Timing {
  first?: number;
  total?: number;
}

export function TryIt({ t, language, apiKey }: Props) {
  const [prompt, setPrompt] = useState<string>(t.promptDefault);
  const [model, setModel] = useState('auto');
  const [answer, setAnswer] = useState('');
  const [error, setError] = useState('');
  const [result, setResult] = useState<ChatResult>();
  const [timing, setTiming] = useState<Timing>({});
  const running = useRef<AbortController | null>(null);
  const [busy, setBusy] = useState(false);

  async function send() {
    const abort = new AbortController();
    running.current = abort;
    const begun = performance.now();
    setBusy(true);
    setAnswer('');
    setError('');
    setResult(undefined);
    setTiming({});
    try {
      await streamChat(
        { key: apiKey, model, prompt },
        {
          onHead: setResult,
          onText: (text) => {
            setAnswer((old) => old + text);
            setTiming((old) => (old.first === undefined ? { first: performance.now() - begun } : old));
          },
        },
        abort.signal,
      );
      setTiming((old) => ({ ...old, total: performance.now() - begun }));
    } catch (failure) {
      if (!abort.signal.aborted) setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  }

  return (
    <section className="panel" aria-labelledby="try-title">
      <h2 id="try-title">{t.tryIt}</h2>
      <form
        className="try-form"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <label className="field grow">
          <span>{t.prompt}</span>
          <textarea rows={2} value={prompt} onChange={(event) => setPrompt(event.target.value)} />
        </label>
        <label className="field">
          <span>{t.model}</span>
          <select value={model} onChange={(event) => setModel(event.target.value)}>
            {['auto', 't1', 't2', 't3'].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        {busy ? (
          <button type="button" onClick={() => running.current?.abort()}>
            {t.stop}
          </button>
        ) : (
          <button type="submit" className="primary" disabled={prompt.trim() === ''}>
            {t.send}
          </button>
        )}
      </form>
      <div className="answer" aria-live="polite">
        {error ? <p className="error">{error}</p> : answer ? <p>{answer}</p> : <p className="muted">{t.answerEmpty}</p>}
      </div>
      {result && (
        <dl className="facts">
          <div>
            <dt>{t.decision}</dt>
            <dd>
              <b>{result.tier}</b> {result.model} <span className="muted">{result.decision}</span>
            </dd>
          </div>
          {timing.first !== undefined && (
            <div>
              <dt>{t.firstContent}</dt>
              <dd>{formatMs(timing.first, language)}</dd>
            </div>
          )}
          {timing.total !== undefined && (
            <div>
              <dt>{t.total}</dt>
              <dd>{formatMs(timing.total, language)}</dd>
            </div>
          )}
        </dl>
      )}
    </section>
  );
}
