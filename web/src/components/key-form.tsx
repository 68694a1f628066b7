import { type FormEvent, useState } from 'react';
import type { Messages } from '../i18n';

/** Asks for the gateway key where nothing is shown without it. */
export function KeyForm({ t, isWrong, useKey }: { t: Messages; isWrong: boolean; useKey: (key: string) => void }) {
  const [typed, setTyped] = useState('');
  function submit(event: FormEvent) {
    event.preventDefault();
    useKey(typed.trim());
  }
  return (
    <form className="panel key-form" onSubmit={submit}>
      <p id="key-why">{t.refused.key}</p>
      <label className="field">
        <span>{t.key}</span>
        <input
          type="password"
          autoComplete="off"
          spellCheck={false}
          required
          autoFocus
          aria-describedby={isWrong ? 'key-wrong key-hint' : 'key-why key-hint'}
          aria-invalid={isWrong}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
      <button type="submit" className="primary">
        {t.useKey}
      </button>
      <p id="key-hint" className="muted">
        {t.keyHint}
      </p>
      {isWrong && (
        <p id="key-wrong" className="error" role="alert">
          {t.refused.wrong}
        </p>
      )}
    </form>
  );
}
