import { describe, expect, it } from 'vitest';
import { ChatError, readEvent, takeEvents } from './chat';
import { curlCommand } from './curl';
import { formatCount, formatMs, formatShare, formatUptime } from './format';
import { en, preferredLanguage, withTime, zh } from './i18n';
import { type Load, type Status, afterAnswer, isOnlyDemo, isRouted } from './status';
import { type ChatAction, chatAfter, noChat } from './use-chat';

const status: Status = {
  name: 'SmartRoute AI Gateway',
  version: '0.1.0',
  started: 1,
  uptime_seconds: 1,
  draining: false,
  open: true,
  open_to_public: false,
  router_mode: 'auto',
  tiers: [{ tier: 't1', strategy: 'sequential', models: [{ id: 'm', model: 'm', provider: 'demo', protocol: 'demo' }] }],
  totals: {
    requests: 0,
    chat_requests: 0,
    failures: 0,
    chat_failures: 0,
    in_flight: 0,
    streams: 0,
    connections: 0,
    prompt_tokens: 0,
    completion_tokens: 0,
    by_tier: { t1: 0, t2: 0, t3: 0 },
  },
  config_problems: [],
  resting_keys: [],
};

describe('takeEvents', () => {
  it('gives the same events however the stream is cut', () => {
    const stream = 'data: {"choices":[{"delta":{"content":"你"}}]}\n\n: ping\n\ndata: [DONE]\n\n';
    for (let cut = 0; cut <= stream.length; cut++) {
      const first = takeEvents(stream.slice(0, cut));
      const second = takeEvents(first.rest + stream.slice(cut));
      expect([...first.events, ...second.events]).toHaveLength(3);
      expect(second.rest).toBe('');
    }
  });
});

describe('readEvent', () => {
  it('reads text, refusals, thinking, errors and nothing', () => {
    expect(readEvent('data: {"choices":[{"delta":{"content":"a"}}]}')).toEqual({ text: 'a' });
    expect(readEvent('data: {"choices":[{"delta":{"refusal":"no"}}]}')).toEqual({ text: 'no' });
    expect(readEvent('data: {"choices":[{"delta":{"reasoning_content":"hm"}}]}')).toEqual({ thinking: 'hm' });
    expect(readEvent('data: {"error":{"message":"cut","code":"interrupted"}}').error).toMatchObject({
      code: 'interrupted',
      message: 'cut',
    });
    for (const nothing of [
      ': comment',
      'data: [DONE]',
      'data: {"choices":[]}',
      'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}',
    ]) {
      expect(readEvent(nothing)).toEqual({});
    }
  });
});

describe('chatAfter', () => {
  const play = (...actions: ChatAction[]) => actions.reduce(chatAfter, noChat);

  it('keeps what came before a failure or a stop', () => {
    const begun: ChatAction[] = [{ type: 'start' }, { type: 'text', text: 'He', ms: 5 }, { type: 'text', text: 'y', ms: 9 }];
    expect(play(...begun, { type: 'end', ms: 20 })).toMatchObject({ phase: 'done', text: 'Hey', firstMs: 5, totalMs: 20 });
    expect(play(...begun, { type: 'stop' })).toMatchObject({ phase: 'stopped', text: 'Hey' });
    const failed = play(...begun, { type: 'fail', error: new ChatError('interrupted', 'cut') });
    expect(failed).toMatchObject({ phase: 'failed', text: 'Hey' });
    expect(failed.totalMs).toBeUndefined();
  });

  it('begins anew with each question, and counts thinking as the first word', () => {
    const again = play({ type: 'text', text: 'old', ms: 1 }, { type: 'start' }, { type: 'thinking', text: 'hm', ms: 7 });
    expect(again).toMatchObject({ phase: 'running', text: '', thinking: 'hm', firstMs: 7 });
  });
});

describe('afterAnswer', () => {
  const now = new Date(1000);
  const ready: Load = { state: 'ready', status };

  it('keeps what was known last, and since when, while the gateway is silent', () => {
    const lost = afterAnswer(ready, { kind: 'silence' }, false, now);
    expect(lost).toEqual({ state: 'lost', since: now, last: status });
    expect(afterAnswer(lost, { kind: 'silence' }, false, new Date(9000))).toBe(lost);
    expect(afterAnswer(lost, { kind: 'status', status }, false, now)).toEqual(ready);
  });

  it('shows nothing of a gateway that never answered or refuses', () => {
    expect(afterAnswer({ state: 'loading' }, { kind: 'silence' }, false, now)).toEqual({ state: 'lost', since: now });
    const refused = { state: 'refused', code: 401, withKey: true };
    expect(afterAnswer(ready, { kind: 'refused', code: 401 }, true, now)).toEqual(refused);
  });
});

describe('models', () => {
  it('tells the demo and what is left out of routing', () => {
    const with_ = (protocol: 'openai' | 'demo' | 'v1-messages') => ({ id: 'm', model: 'm', provider: 'p', protocol });
    expect(isOnlyDemo(status)).toBe(true);
    const real: Status = { ...status, tiers: [{ tier: 't1', strategy: 'sequential', models: [with_('demo'), with_('openai')] }] };
    expect(isOnlyDemo(real)).toBe(false);
    expect(isOnlyDemo({ ...status, tiers: [] })).toBe(false);
    expect([with_('openai'), with_('demo'), with_('v1-messages')].map(isRouted)).toEqual([true, true, false]);
  });
});

describe('curlCommand', () => {
  it('is one command, and asks for the key where one is set', () => {
    const open = curlCommand('http://a:1', 'Hello!', false);
    expect(open).toContain(`-d '{"model":"auto","stream":true,"messages":[{"role":"user","content":"Hello!"}]}'`);
    expect(open.split('\n').slice(0, -1).every((line) => line.endsWith(' \\'))).toBe(true);
    expect(open).not.toContain('Authorization');
    expect(curlCommand('http://a:1', 'Hello!', true)).toContain('Bearer $GATEWAY_KEY');
    expect(curlCommand('http://a:1', "it's", false)).toContain(`it'\\''s`);
  });
});

describe('formats', () => {
  it('shows the two largest units of an uptime', () => {
    expect(formatUptime(5, 'en')).toBe('5 s');
    expect(formatUptime(3661, 'en')).toBe('1 h 1 min');
    expect(formatUptime(90061, 'zh')).toBe('1 天 1 小时');
  });

  it('keeps figures short', () => {
    expect(formatCount(1234567, 'en')).toBe('1,234,567');
    expect(formatCount(12345678, 'en')).toMatch(/^12\.3 ?m$/i);
    expect(formatCount(123456789, 'zh')).toBe('1.2亿');
    expect(formatMs(48.4, 'en')).toMatch(/^48 ?ms$/);
    expect(formatMs(999.6, 'en')).toMatch(/^1 ?s$/);
    expect(formatMs(3079, 'zh')).toMatch(/^3\.1 ?秒$/);
  });

  it('shows no share of nothing', () => {
    expect(formatShare(0, 0, 'en')).toBe('');
    expect(formatShare(1, 24, 'en')).toBe('4.2%');
  });
});

describe('language', () => {
  it('prefers what was chosen, then the browser in its order', () => {
    expect(preferredLanguage('en', ['zh-CN'])).toBe('en');
    expect(preferredLanguage(null, ['fr', 'zh-TW'])).toBe('zh');
    expect(preferredLanguage(null, ['en-US', 'zh-CN'])).toBe('en');
    expect(preferredLanguage('xx', ['de'])).toBe('en');
  });

  it('has no text left untranslated by accident, and the same places for values', () => {
    const texts = (node: object, path = ''): [string, string][] =>
      Object.entries(node).flatMap(([key, value]) =>
        typeof value === 'string' ? [[path + key, value] as [string, string]] : texts(value as object, `${path}${key}.`),
      );
    const chinese = new Map(texts(zh));
    for (const [path, text] of texts(en)) {
      expect(chinese.get(path), path).not.toBe(text);
      expect(chinese.get(path)?.includes('{time}'), path).toBe(text.includes('{time}'));
    }
    expect(withTime(en.lost.last, '12:00')).toContain('12:00');
  });
});
