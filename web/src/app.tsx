import { useEffect, useState } from 'react';
import { Command } from './components/command';
import { Figures } from './components/figures';
import { KeyForm } from './components/key-form';
import { Notice, Notices } from './components/notices';
import { PageHeader } from './components/page-header';
import { Tiers } from './components/tiers';
import { TryIt } from './components/try-it';
import { formatTime } from './format';
import { type Language, type Messages, languages, withTime } from './i18n';
import { useLanguage, useTheme } from './preferences';
import type { Load, Status } from './status';
import { useStatus } from './use-status';

function Skeleton({ t }: { t: Messages }) {
  return (
    <div role="status" aria-label={t.loading} className="skeletons">
      <div className="panel skeleton" />
      <div className="panel skeleton tall" />
    </div>
  );
}

function Trouble({ load, t, language, retry }: { load: Load; t: Messages; language: Language; retry: () => void }) {
  if (load.state === 'lost') {
    return (
      <Notice tone="error" title={t.lost.title}>
        {load.last ? withTime(t.lost.last, formatTime(load.since, language)) : t.lost.never}{' '}
        <button type="button" onClick={retry}>
          {t.retry}
        </button>
      </Notice>
    );
  }
  if (load.state === 'refused' && load.code === 403) {
    return (
      <Notice tone="error" title={t.refused.closed}>
        {t.refused.closedHint}{' '}
        <button type="button" onClick={retry}>
          {t.retry}
        </button>
      </Notice>
    );
  }
  return null;
}

function knownStatus(load: Load): Status | undefined {
  if (load.state === 'ready') return load.status;
  return load.state === 'lost' ? load.last : undefined;
}

export function App() {
  const [language, setLanguage] = useLanguage();
  const [theme, setTheme] = useTheme();
  const [key, setKey] = useState('');
  const [load, retry] = useStatus(key);
  const t = languages[language].messages;
  const status = knownStatus(load);
  useEffect(() => {
    document.title = load.state === 'lost' ? `${t.unreachable} · ${t.title}` : t.title;
  }, [t, load.state]);

  function tryKey(next: string) {
    if (next === key) retry();
    else setKey(next);
  }

  return (
    <div className="page">
      <PageHeader load={load} t={t} language={language} setLanguage={setLanguage} theme={theme} setTheme={setTheme} />
      <main className={load.state === 'lost' ? 'stale' : undefined}>
        {load.state === 'loading' && <Skeleton t={t} />}
        {load.state === 'refused' && load.code === 401 && <KeyForm t={t} isWrong={load.withKey} useKey={tryKey} />}
        <Trouble load={load} t={t} language={language} retry={retry} />
        {status && (
          <>
            <Notices status={status} t={t} language={language} />
            <Figures status={status} t={t} language={language} />
            <Tiers status={status} t={t} language={language} />
            <TryIt status={status} t={t} language={language} pageKey={key} />
            <Command status={status} t={t} />
          </>
        )}
      </main>
      {status && (
        <footer>
          {status.paths && (
            <p>
              {t.files} <code>{status.paths.config}</code>
            </p>
          )}
          <p>
            {t.later} <a href="/metrics">{t.metrics}</a>
          </p>
        </footer>
      )}
    </div>
  );
}
