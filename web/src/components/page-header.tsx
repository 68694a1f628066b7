import { formatUptime } from '../format';
import { type Language, type Messages, languages } from '../i18n';
import { type Theme, themes } from '../preferences';
import type { Load } from '../status';

function State({ load, t, language }: { load: Load; t: Messages; language: Language }) {
  switch (load.state) {
    case 'loading':
      return <span className="muted">{t.loading}…</span>;
    case 'lost':
      return <Word tone="error" text={t.unreachable} />;
    case 'refused':
      return <Word tone="warn" text={t.locked} />;
    case 'ready':
      return (
        <>
          <Word tone={load.status.draining ? 'warn' : 'ok'} text={load.status.draining ? t.draining : t.running} />
          <span className="muted">
            {load.status.version} · {t.uptime} {formatUptime(load.status.uptime_seconds, language)}
          </span>
        </>
      );
  }
}

function Word({ tone, text }: { tone: 'ok' | 'warn' | 'error'; text: string }) {
  return (
    <span className="word">
      <span className={`dot ${tone}`} aria-hidden="true" />
      {text}
    </span>
  );
}

interface Props {
  load: Load;
  t: Messages;
  language: Language;
  setLanguage: (language: Language) => void;
  theme: Theme;
  setTheme: (theme: Theme) => void;
}

export function PageHeader({ load, t, language, setLanguage, theme, setTheme }: Props) {
  return (
    <header>
      <h1>
        <img src="/favicon.svg" alt="" width="24" height="24" /> {t.title}
      </h1>
      <p className="state">
        <State load={load} t={t} language={language} />
      </p>
      <div className="choices">
        <label>
          <span className="hidden">{t.language}</span>
          <select value={language} onChange={(event) => setLanguage(event.target.value as Language)}>
            {Object.entries(languages).map(([code, { name }]) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span className="hidden">{t.theme}</span>
          <select value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
            {themes.map((name) => (
              <option key={name} value={name}>
                {t.themes[name]}
              </option>
            ))}
          </select>
        </label>
      </div>
    </header>
  );
}
