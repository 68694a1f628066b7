import { useEffect, useState } from 'react';
import { formatNumber, formatUptime } from './format';
import { type Language, type Messages, catalogues } from './i18n';
import { type Theme, useLanguage, useTheme } from './preferences';
import { type Status, StatusError, type StatusTier, fetchStatus } from './status';
import { TryIt } from './try-it';

const pollMs = 2000;

type Load = { state: 'loading' } | { state: 'failed'; status: number; last?: Status } | { state: 'ready'; status: Status };

function useStatus(key: string, attempt: number): Load {
  const [load, setLoad] = useState<Load>({ state: 'loading' });
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function poll() {
      try {
        setLoad({ state: 'ready', status: await fetchStatus(key, abort.signal) });
      } catch (failure) {
        if (abort.signal.aborted) return;
        setLoad({ state: 'failed', status: failure instanceof StatusError ? failure.status : 0 });
      }
      timer = setTimeout(() => void poll(), pollMs);
    }
    void poll();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, attempt]);
  return load;
}

function Tier({ tier, count, t, language }: { tier: StatusTier; count: number; t: Messages; language: Language }) {
  return (
    <tr>
      <th scope="row">
        {tier.tier} <span className="muted">{t.tierNames[tier.tier]}</span>
      </th>
      <td>
        {tier.models.length === 0 ? (
          <span className="muted">{t.noModels}</span>
        ) : (
          <ul className="models">
            {tier.models.map((model) => (
              <li key={model.id}>
                {model.model} <span className="muted">{model.provider}</span>
                {model.protocol === 'demo' && <span className="tag">{t.demo}</span>}
              </li>
            ))}
          </ul>
        )}
      </td>
      <td className="muted">{tier.strategy}</td>
      <td className="number">{formatNumber(count, language)}</td>
    </tr>
  );
}

function CopyLine({ text, t }: { text: string; t: Messages }) {
  const [copied, setCopied] = useState(false);
  return (
    <div className="command">
      <pre tabIndex={0}>{text}</pre>
      <button
        type="button"
        onClick={() => {
          void navigator.clipboard?.writeText(text).then(() => setCopied(true));
        }}
      >
        {copied ? t.copied : t.copy}
      </button>
    </div>
  );
}

function Overview({ status, t, language }: { status: Status; t: Messages; language: Language }) {
  const totals: [string, number][] = [
    [t.requests, status.totals.chat_requests],
    [t.failures, status.totals.failures],
    [t.inFlight, status.totals.in_flight],
    [t.streams, status.totals.streams],
    [t.connections, status.totals.connections],
    [t.promptTokens, status.totals.prompt_tokens],
    [t.completionTokens, status.totals.completion_tokens],
  ];
  const auth = status.open ? '' : ' \\\n  -H "Authorization: Bearer $GATEWAY_KEY"';
  const command =
    `curl -N ${location.origin}/v1/chat/completions -H 'Content-Type: application/json'${auth} \\\n` +
    `  -d '{"model":"auto","stream":true,"messages":[{"role":"user","content":"Hello!"}]}'`;
  return (
    <>
      {status.open && (
        <p className="banner warn" role="alert">
          <strong>{t.openWarning}</strong> {t.openHint}
        </p>
      )}
      {status.config_problems.length > 0 && (
        <div className="banner error" role="alert">
          <strong>{t.configProblems}</strong>
          <ul>
            {status.config_problems.map((problem) => (
              <li key={problem.path + problem.message}>
                <code>{problem.path || 'config.json'}</code> {problem.message}
              </li>
            ))}
          </ul>
        </div>
      )}
      <section className="panel" aria-labelledby="traffic-title">
        <h2 id="traffic-title">{t.traffic}</h2>
        <dl className="totals">
          {totals.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{formatNumber(value, language)}</dd>
            </div>
          ))}
        </dl>
      </section>
      <section className="panel" aria-labelledby="tiers-title">
        <h2 id="tiers-title">{t.tiers}</h2>
        <div className="scroll">
          <table>
            <tbody>
              {status.tiers.map((tier) => (
                <Tier key={tier.tier} tier={tier} count={status.totals.by_tier[tier.tier]} t={t} language={language} />
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <section className="panel" aria-labelledby="command-title">
        <h2 id="command-title">{t.command}</h2>
        <CopyLine text={command} t={t} />
        {status.paths && (
          <p className="muted">
            {t.files}: <code>{status.paths.config}</code>
          </p>
        )}
        <p className="muted">{t.later}</p>
      </section>
    </>
  );
}

export function App() {
  const [language, setLanguage] = useLanguage();
  const [theme, setTheme] = useTheme();
  const [key, setKey] = useState('');
  const [attempt, setAttempt] = useState(0);
  const load = useStatus(key, attempt);
  const t = catalogues[language];
  const status = load.state === 'ready' ? load.status : undefined;
  const asksKey = (status !== undefined && !status.open) || (load.state === 'failed' && (load.status === 401 || load.status === 403));
  useEffect(() => {
    document.title = t.title;
  }, [t]);

  return (
    <main>
      <header>
        <h1>
          <img src="/favicon.svg" alt="" width="22" height="22" /> {t.title}
        </h1>
        <p className="state">
          {status ? (
            <>
              <span className={status.draining ? 'dot warn' : 'dot ok'} aria-hidden="true" />
              {status.draining ? t.draining : t.running}
              <span className="muted">
                {' '}
                {status.version} · {t.uptime} {formatUptime(status.uptime_seconds, language)}
              </span>
            </>
          ) : load.state === 'failed' ? (
            <>
              <span className="dot error" aria-hidden="true" />
              {t.unreachable}
            </>
          ) : (
            <span className="muted">{t.loading}</span>
          )}
        </p>
        <div className="choices">
          <label>
            <span className="hidden">{t.language}</span>
            <select value={language} onChange={(event) => setLanguage(event.target.value as Language)}>
              <option value="en">English</option>
              <option value="zh">中文</option>
            </select>
          </label>
          <label>
            <span className="hidden">{t.theme}</span>
            <select value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
              {(['system', 'light', 'dark'] as const).map((name) => (
                <option key={name} value={name}>
                  {t.themes[name]}
                </option>
              ))}
            </select>
          </label>
        </div>
      </header>
      {asksKey && (
        <label className="field key">
          <span>{t.key}</span>
          <input type="password" autoComplete="off" value={key} onChange={(event) => setKey(event.target.value)} />
        </label>
      )}
      {load.state === 'loading' && <div className="panel skeleton" aria-label={t.loading} />}
      {load.state === 'failed' && (
        <div className="banner error" role="alert">
          {load.status === 401 || load.status === 403 ? t.needsKey : t.loadFailed}{' '}
          <button type="button" onClick={() => setAttempt(attempt + 1)}>
            {t.retry}
          </button>
        </div>
      )}
      {status && <Overview status={status} t={t} language={language} />}
      {status && <TryIt key={language} t={t} language={language} apiKey={key} />}
    </main>
  );
}
