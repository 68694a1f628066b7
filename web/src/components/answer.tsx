import { formatMs } from '../format';
import type { Language, Messages } from '../i18n';
import type { ChatError } from '../chat';
import type { Chat } from '../use-chat';

// Codes that the page has its own words for; the gateway's are English and name what to change.
function ErrorText({ error, t }: { error: ChatError; t: Messages }) {
  if (error.code === 'invalid_api_key' || error.code === 'network') {
    return <p className="error">{t.errors[error.code]}</p>;
  }
  return (
    <p className="error" lang="en">
      {error.message}
    </p>
  );
}

function Body({ chat, t }: { chat: Chat; t: Messages }) {
  const nothing = chat.text === '' && chat.thinking === '';
  return (
    <>
      {chat.phase === 'idle' && <p className="muted">{t.answerEmpty}</p>}
      {chat.phase === 'running' && nothing && <p className="muted">{t.waiting}</p>}
      {chat.thinking !== '' && (
        <details open={chat.text === ''}>
          <summary>{t.thinking}</summary>
          <p className="muted">{chat.thinking}</p>
        </details>
      )}
      {chat.text !== '' && <p>{chat.text}</p>}
      {chat.phase === 'done' && nothing && <p className="muted">{t.noText}</p>}
      {chat.phase === 'stopped' && <p className="muted">{t.stopped}</p>}
      {chat.error && <ErrorText error={chat.error} t={t} />}
    </>
  );
}

// "source; reason" in the header; the reason is in English.
function Decision({ decision, t }: { decision: string; t: Messages }) {
  const [source = '', ...rest] = decision.split(/; ?/);
  const reason = rest.join('; ');
  return (
    <>
      {source in t.sources ? t.sources[source as keyof Messages['sources']] : source}
      {reason !== '' && (
        <span className="muted" lang="en">
          {' · '}
          {reason}
        </span>
      )}
    </>
  );
}

export function Answer({ chat, t, language }: { chat: Chat; t: Messages; language: Language }) {
  return (
    <>
      <div className="answer" role="region" aria-label={t.answer} aria-live="polite" aria-busy={chat.phase === 'running'}>
        <Body chat={chat} t={t} />
      </div>
      {chat.head && (
        <dl className="facts">
          {chat.head.model !== '' && (
            <div>
              <dt>{t.answeredBy}</dt>
              <dd>{chat.head.model}</dd>
            </div>
          )}
          {chat.firstMs !== undefined && (
            <div>
              <dt>{t.firstContent}</dt>
              <dd>{formatMs(chat.firstMs, language)}</dd>
            </div>
          )}
          {chat.totalMs !== undefined && (
            <div>
              <dt>{t.total}</dt>
              <dd>{formatMs(chat.totalMs, language)}</dd>
            </div>
          )}
          <div className="wide">
            <dt>{t.decision}</dt>
            <dd>
              <b>{chat.head.tier}</b> <Decision decision={chat.head.decision} t={t} />
            </dd>
          </div>
        </dl>
      )}
    </>
  );
}
