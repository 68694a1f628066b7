// GET /api/status, as openapi/admin.yaml describes it.
export interface StatusModel {
  id: string;
  model: string;
  provider: string;
  protocol: string;
}

export interface StatusTier {
  tier: 't1' | 't2' | 't3';
  strategy: string;
  models: StatusModel[];
}

export interface Status {
  name: string;
  version: string;
  started: number;
  uptime_seconds: number;
  draining: boolean;
  open: boolean;
  open_to_public: boolean;
  router_mode: string;
  tiers: StatusTier[];
  totals: {
    requests: number;
    chat_requests: number;
    failures: number;
    in_flight: number;
    streams: number;
    connections: number;
    prompt_tokens: number;
    completion_tokens: number;
    by_tier: { t1: number; t2: number; t3: number };
  };
  config_problems: { path: string; message: string }[];
  paths?: { data: string; config: string };
}

export class StatusError extends Error {
  constructor(readonly status: number) {
    super(`status ${status}`);
  }
}

export async function fetchStatus(key: string, signal: AbortSignal): Promise<Status> {
  const headers: Record<string, string> = key ? { Authorization: `Bearer ${key}` } : {};
  const response = await fetch('/api/status', { headers, signal });
  if (!response.ok) throw new StatusError(response.status);
  return (await response.json()) as Status;
}
