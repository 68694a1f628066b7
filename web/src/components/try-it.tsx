import { type FormEvent, useState } from 'react';
import type { Language, Messages } from '../i18n';
import { type Status, isRouted } from '../status';
import { useChat } from '../use-chat';
import { Answer } from './answer';

interface Props {
  status: Status;
  t: Messages;
  language: Language;
  pageKey: string;
}

const tiers = ['t1', 't2', 't3'] as const;

function RouteSelect({ status, t, route, setRoute }: { status: Status; t: Messages; route: string; setRoute: (name: string) => void }) {
  const models = [...new Set(status.tiers.flatMap((tier) => tier.models.filter(isRouted).map((model) => model.id)))];
  return (
    <select value={route} onChange={(event) => setRoute(event.target.value)}>
      <option value="auto">{t.automatic}</option>
      <optgroup label={t.byTier}>
        {tiers.map((tier) => (
          <option key={tier} value={tier}>
            {tier} {t.tierNames[tier]}
          </option>
        ))}
      </optgroup>
      <optgroup label={t.byModel}>
        {models.map((id) => (
          <option key={id}>{id}</option>
        ))}
      </optgroup>
    </select>
  );
}

export function TryIt({ status, t, language, pageKey }: Props) {
  const [written, setWritten] = useState<string>(); // until then the example, in the page's language
  const [route, setRoute] = useState('auto');
  const [key, setKey] = useState(pageKey);
  const { chat, send, stop } = useChat();
  const prompt = written ?? t.promptDefault;
  const isRunning = chat.phase === 'running';

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!isRunning) void send({ key: status.open ? '' : key, model: route, prompt });
  }

  return (
    <section className="panel" aria-labelledby="try-title">
      <h2 id="try-title">{t.tryIt}</h2>
      <form className="try-form" onSubmit={submit}>
        <label className="field grow">
          <span>{t.prompt}</span>
          <textarea
            rows={2}
            required
            value={prompt}
            onChange={(event) => setWritten(event.target.value)}
            onKeyDown={(event) => {
              const sends = event.key === 'Enter' && (event.ctrlKey || event.metaKey);
              if (sends) event.currentTarget.form?.requestSubmit();
            }}
          />
        </label>
        <div className="controls">
          <label className="field">
            <span>{t.model}</span>
            <RouteSelect status={status} t={t} route={route} setRoute={setRoute} />
          </label>
          {!status.open && (
            <label className="field">
              <span>
                {t.key} <span className="hidden">{t.keyHint}</span>
              </span>
              <input
                type="password"
                autoComplete="off"
                spellCheck={false}
                title={t.keyHint}
                value={key}
                onChange={(event) => setKey(event.target.value)}
              />
            </label>
          )}
          {isRunning ? (
            <button key="stop" type="button" onClick={stop}>
              {t.stop}
            </button>
          ) : (
            <button key="send" type="submit" className="primary" disabled={prompt.trim() === ''}>
              {t.send}
            </button>
          )}
        </div>
      </form>
      <Answer chat={chat} t={t} language={language} />
    </section>
  );
}
