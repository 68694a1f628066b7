import type { Language } from './i18n';

const locales: Record<Language, string> = { en: 'en-GB', zh: 'zh-CN' };

const compactFrom = 10_000_000; // beyond it the digits say nothing and do not fit

export function formatNumber(value: number, language: Language): string {
  return new Intl.NumberFormat(locales[language]).format(value);
}

/** For a figure among others: "1,234", from ten million on "12.3M". */
export function formatCount(value: number, language: Language): string {
  if (value < compactFrom) return formatNumber(value, language);
  return new Intl.NumberFormat(locales[language], { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}

/** A part of a whole, "4.2%"; nothing of nothing is no share. */
export function formatShare(part: number, whole: number, language: Language): string {
  if (whole === 0) return '';
  return new Intl.NumberFormat(locales[language], { style: 'percent', maximumFractionDigits: 1 }).format(part / whole);
}

/** "48ms", from a second on "3.1s". */
export function formatMs(ms: number, language: Language): string {
  const isShort = Math.round(ms) < 1000;
  return new Intl.NumberFormat(locales[language], {
    style: 'unit',
    unit: isShort ? 'millisecond' : 'second',
    unitDisplay: 'narrow',
    maximumFractionDigits: isShort ? 0 : 1,
  }).format(isShort ? ms : ms / 1000);
}

export function formatTime(time: Date, language: Language): string {
  return new Intl.DateTimeFormat(locales[language], { timeStyle: 'medium' }).format(time);
}

/** The two largest units: "3 d 4 h", "5 min 2 s". */
export function formatUptime(seconds: number, language: Language): string {
  const names = language === 'zh' ? ['天', '小时', '分', '秒'] : ['d', 'h', 'min', 's'];
  const parts = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  const first = parts.findIndex((part) => part > 0);
  const from = first < 0 ? 3 : first;
  return parts
    .slice(from, from + 2)
    .map((part, i) => `${part} ${names[from + i] ?? ''}`)
    .join(' ');
}
