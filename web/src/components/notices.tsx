import type { ReactNode } from 'react';
import { formatTime } from '../format';
import { type Language, type Messages, withTime } from '../i18n';
import { type Status, isOnlyDemo } from '../status';

interface NoticeProps {
  tone: 'error' | 'warn' | 'info';
  title: string;
  children?: ReactNode;
}

const marks = { error: '!', warn: '!', info: 'i' };

export function Notice({ tone, title, children }: NoticeProps) {
  return (
    <div className={`notice ${tone}`} role={tone === 'error' ? 'alert' : 'status'}>
      <span className="mark" aria-hidden="true">
        {marks[tone]}
      </span>
      <div>
        <strong>{title}</strong> {children}
      </div>
    </div>
  );
}

/** What an operator should do something about. The gateway's own words are English. */
export function Notices({ status, t, language }: { status: Status; t: Messages; language: Language }) {
  const problems = status.config_problems;
  return (
    <>
      {problems.length > 0 && (
        <Notice tone="error" title={t.problems.title}>
          {t.problems.hint}
          <ul>
            {problems.map((problem) => (
              <li key={problem.path + problem.message}>
                {problem.path === '' ? t.problems.file : <code>{problem.path}</code>}{' '}
                <span lang="en">{problem.message}</span>
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {status.resting_keys.length > 0 && (
        <Notice tone="warn" title={t.keys.title}>
          {t.keys.hint}
          <ul>
            {status.resting_keys.map((key) => (
              <li key={key.id}>
                <code>{key.id}</code> {withTime(t.keys.until, formatTime(new Date(key.until * 1000), language))}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {status.open && (
        <Notice
          tone={status.open_to_public ? 'error' : 'warn'}
          title={status.open_to_public ? t.open.public : t.open.private}
        >
          {status.open_to_public ? t.open.publicHint : t.open.privateHint}
        </Notice>
      )}
      {isOnlyDemo(status) && (
        <Notice tone="info" title={t.demo.title}>
          {t.demo.hint}
        </Notice>
      )}
    </>
  );
}
