import { useCallback, useEffect, useState } from 'react';
import { type Load, afterAnswer, askStatus } from './status';

const pollMs = 2000;
const patienceMs = 8000;

/** Asks every two seconds while the page is seen; after a refusal only with another key or by `retry`. */
export function useStatus(key: string): [Load, () => void] {
  const [load, setLoad] = useState<Load>({ state: 'loading' });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let over = false;
    let asks: AbortController | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let waitsForEyes = false;

    async function poll() {
      const mine = new AbortController();
      asks = mine;
      const patience = setTimeout(() => mine.abort(), patienceMs);
      const answer = await askStatus(key, mine.signal);
      clearTimeout(patience);
      if (over) return;
      setLoad((old) => afterAnswer(old, answer, key !== '', new Date()));
      if (answer.kind !== 'refused') timer = setTimeout(next, pollMs);
    }
    function next() {
      waitsForEyes = document.hidden;
      if (!waitsForEyes) void poll();
    }
    function onVisibility() {
      if (waitsForEyes) next();
    }

    document.addEventListener('visibilitychange', onVisibility);
    void poll();
    return () => {
      over = true;
      asks?.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [key, attempt]);

  return [load, useCallback(() => setAttempt((old) => old + 1), [])];
}
