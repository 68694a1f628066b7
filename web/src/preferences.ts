import { useEffect, useState } from 'react';
import { type Language, preferredLanguage } from './i18n';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

function stored(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // a browser may forbid storage; the choice then lasts for the page
  }
}

function store(name: string, value: string) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // as above
  }
}

function firstTheme(): Theme {
  const value = stored('theme');
  return value === 'light' || value === 'dark' ? value : 'system';
}

function firstLanguage(): Language {
  return preferredLanguage(stored('language'), navigator.languages);
}

function applyTheme(theme: Theme) {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function applyLanguage(language: Language) {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
}

/** Before the first paint, so that nothing flashes in the other theme. */
export function applyPreferences() {
  applyTheme(firstTheme());
  applyLanguage(firstLanguage());
}

export function useLanguage() {
  const [language, setLanguage] = useState(firstLanguage);
  useEffect(() => applyLanguage(language), [language]);
  return [
    language,
    (next: Language) => {
      store('language', next);
      setLanguage(next);
    },
  ] as const;
}

export function useTheme() {
  const [theme, setTheme] = useState(firstTheme);
  useEffect(() => applyTheme(theme), [theme]);
  return [
    theme,
    (next: Theme) => {
      store('theme', next);
      setTheme(next);
    },
  ] as const;
}
