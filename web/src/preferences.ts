import { useEffect, useState } from 'react';
import { type Language, preferredLanguage } from './i18n';

export type Theme = 'system' | 'light' | 'dark';

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

export function useLanguage() {
  const [language, setLanguage] = useState<Language>(() => preferredLanguage(stored('language'), navigator.languages));
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    store('language', language);
  }, [language]);
  return [language, setLanguage] as const;
}

export function useTheme() {
  const [theme, setTheme] = useState<Theme>(() => {
    const value = stored('theme');
    return value === 'light' || value === 'dark' ? value : 'system';
  });
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    store('theme', theme);
  }, [theme]);
  return [theme, setTheme] as const;
}
