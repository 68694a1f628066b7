import { describe, expect, it } from 'vitest';
import { readEvent, takeEvents } from './chat';
import { formatUptime } from './format';
import { en, preferredLanguage, zh } from './i18n';

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
  it('reads text, errors and nothing', () => {
    expect(readEvent('data: {"choices":[{"delta":{"content":"a"}}]}')).toEqual({ text: 'a' });
    expect(readEvent('data: {"error":{"message":"cut"}}')).toEqual({ error: 'cut' });
    expect(readEvent(': comment')).toEqual({});
    expect(readEvent('data: [DONE]')).toEqual({});
  });
});

describe('formatUptime', () => {
  it('shows the two largest units', () => {
    expect(formatUptime(5, 'en')).toBe('5 s');
    expect(formatUptime(3661, 'en')).toBe('1 h 1 min');
    expect(formatUptime(90061, 'zh')).toBe('1 天 1 小时');
  });
});

describe('language', () => {
  it('prefers what was chosen, then the browser', () => {
    expect(preferredLanguage('en', ['zh-CN'])).toBe('en');
    expect(preferredLanguage(null, ['fr', 'zh-TW'])).toBe('zh');
    expect(preferredLanguage('xx', ['de'])).toBe('en');
  });

  it('has no text left untranslated by accident', () => {
    const same = Object.keys(en).filter((key) => en[key as keyof typeof en] === zh[key as keyof typeof zh]);
    expect(same).toEqual([]);
  });
});
