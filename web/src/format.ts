import type { Language } from './i18n';

const locales: Record<Language, string> = { en: 'en-GB', zh: 'zh-CN' };

export function formatNumber(value: number, language: Language): string {
  return new Intl.NumberFormat(locales[language]).format(value);
}

export function formatMs(ms: number, language: Language): string {
  const digits = ms < 10 ? 1 : 0;
  const number = new Intl.NumberFormat(locales[language], { maximumFractionDigits: digits }).format(ms);
  return `${number} ms`;
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
