import { makePalette, type Palette, type Pixel, pixel } from './colors.js';

/** Colours of what is drawn besides slices: the style sheet has them, for both themes. */
export interface Inks {
  readonly ground: string;
  readonly raised: string;
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly accent: string;
  readonly shade: string;
  readonly error: string;
  readonly palette: Palette;
  readonly failed: Pixel;
}

export type Theme = 'light' | 'dark';

export function readInks(element: Element, theme: Theme): Inks {
  const style = getComputedStyle(element);
  const ink = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const error = ink('error');
  const parts = [1, 3, 5].map((at) => Number.parseInt(error.slice(at, at + 2), 16));
  return {
    ground: ink('ground'),
    raised: ink('raised'),
    text: ink('text'),
    faint: ink('faint'),
    line: ink('line'),
    accent: ink('accent'),
    shade: ink('shade'),
    error,
    palette: makePalette(theme),
    failed: pixel([parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0]),
  };
}

/** All that is kept from one visit to the next: reports share it with whatever else is on the disk. */
const KEPT = 'tracelane-theme';

/** What the user has chosen before, else what the system asks for. */
export function preferredTheme(): Theme {
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  try {
    const kept = localStorage.getItem(KEPT);
    if (kept === 'light' || kept === 'dark') return kept;
  } catch {
    // Where a page may keep nothing, the system decides.
  }
  return isDark ? 'dark' : 'light';
}

/** The style sheet has the colours of both. */
export function showTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
}

export function keepTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEPT, theme);
  } catch {
    // It lasts as long as the page does.
  }
}
