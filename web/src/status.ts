import type { components } from './api/schema';

export type Status = components['schemas']['Status'];
export type TierStatus = components['schemas']['TierStatus'];
export type ModelStatus = components['schemas']['ModelStatus'];
export type Tier = components['schemas']['Tier'];

/** How asking for the status went. */
export type Answer =
  | { kind: 'status'; status: Status }
  | { kind: 'refused'; code: number } // 401: a key is needed; 403: the gateway has no key and the caller is far away
  | { kind: 'silence' }; // no answer, or one that is not the gateway's

export type Load =
  | { state: 'loading' }
  | { state: 'ready'; status: Status }
  | { state: 'refused'; code: number; withKey: boolean }
  | { state: 'lost'; since: Date; last?: Status };

/** The page's state after an answer. What was known last is kept while the gateway is silent. */
export function afterAnswer(load: Load, answer: Answer, withKey: boolean, now: Date): Load {
  switch (answer.kind) {
    case 'status':
      return { state: 'ready', status: answer.status };
    case 'refused':
      return { state: 'refused', code: answer.code, withKey };
    case 'silence':
      if (load.state === 'lost') return load;
      return load.state === 'ready' ? { state: 'lost', since: now, last: load.status } : { state: 'lost', since: now };
  }
}

export async function askStatus(key: string, signal: AbortSignal): Promise<Answer> {
  const headers: Record<string, string> = key ? { Authorization: `Bearer ${key}` } : {};
  try {
    const response = await fetch('/api/status', { headers, signal });
    if (response.status === 401 || response.status === 403) return { kind: 'refused', code: response.status };
    if (!response.ok) return { kind: 'silence' };
    return { kind: 'status', status: (await response.json()) as Status };
  } catch {
    return { kind: 'silence' };
  }
}

/** Every entry is answered by the built-in demo: no model is asked at all. */
export function isOnlyDemo(status: Status): boolean {
  const models = status.tiers.flatMap((tier) => tier.models);
  return models.length > 0 && models.every((model) => model.protocol === 'demo');
}

/** False for entries that this release leaves out of routing. */
export function isRouted(model: ModelStatus): boolean {
  return model.protocol === 'openai' || model.protocol === 'demo';
}
