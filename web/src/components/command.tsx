import { useEffect, useState } from 'react';
import { copyText } from '../clipboard';
import { curlCommand } from '../curl';
import type { Messages } from '../i18n';
import type { Status } from '../status';

const copiedMs = 2000;

function CopyButton({ text, t }: { text: string; t: Messages }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), copiedMs);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button type="button" aria-live="polite" onClick={() => void copyText(text).then(setCopied)}>
      {copied ? t.copied : t.copy}
    </button>
  );
}

export function Command({ status, t }: { status: Status; t: Messages }) {
  const command = curlCommand(location.origin, t.hello, !status.open);
  return (
    <section className="panel" aria-labelledby="command-title">
      <div className="panel-head">
        <h2 id="command-title">{t.command}</h2>
        <CopyButton text={command} t={t} />
      </div>
      <pre tabIndex={0} aria-labelledby="command-title">
        {command}
      </pre>
    </section>
  );
}
