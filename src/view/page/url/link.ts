import type { View } from '../viewport/view.js';

/** What a link says: where it leads to, and what is seen there. */
export interface Link {
  readonly view?: View | undefined;
  readonly slice?: number | undefined;
  readonly range?: View | undefined;
  /** Tracks that the range is of, by their keys; all, if there are none. */
  readonly of: readonly string[];
  /** What the selected one is compared with, and the tracks that it is of. */
  readonly compared?: View | undefined;
  readonly comparedOf: readonly string[];
  /** The slice to whose operation all that is no grey belongs. */
  readonly belonging?: number | undefined;
  /** Whether only its tracks are there. */
  readonly only: boolean;
  readonly toggled: readonly string[];
  readonly pinned: readonly string[];
  readonly hidden: readonly string[];
  /** Where tracks were moved to among their siblings, by their keys. */
  readonly moved: readonly (readonly [key: string, place: number])[];
  readonly marks: readonly number[];
  readonly find: string;
  /** Of the names of tracks. */
  readonly filter: string;
  readonly panel: string;
  readonly byCategory: boolean;
  /** Whether times are those of the day. */
  readonly isAbsolute: boolean;
}

export function writeLink(link: Link): string {
  const parts = new URLSearchParams();
  const put = (name: string, value: string) => {
    if (value !== '') parts.set(name, value);
  };
  put('view', rangeText(link.view));
  put('slice', numberText(link.slice));
  put('belonging', numberText(link.belonging));
  put('only', link.only ? '1' : '');
  put('range', rangeText(link.range));
  put('of', link.of.join('.'));
  put('compared', rangeText(link.compared));
  put('comparedOf', link.comparedOf.join('.'));
  put('toggled', link.toggled.join('.'));
  put('pinned', link.pinned.join('.'));
  put('hidden', link.hidden.join('.'));
  put('moved', link.moved.map(([key, place]) => `${key}_${place}`).join('.'));
  put('marks', link.marks.map(Math.round).join('.'));
  put('find', link.find);
  put('filter', link.filter);
  put('panel', link.panel);
  put('color', link.byCategory ? 'category' : '');
  put('time', link.isAbsolute ? 'clock' : '');
  return parts.toString();
}

/** Reads any text: what cannot be understood is left out. */
export function readLink(hash: string): Link {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const text = (name: string) => parts.get(name) ?? '';
  const list = (name: string) =>
    text(name)
      .split('.')
      .filter((part) => /^-?\w{1,20}$/.test(part));
  return {
    view: rangeOf(text('view')),
    slice: wholeNumber(text('slice')),
    range: rangeOf(text('range')),
    of: list('of'),
    compared: rangeOf(text('compared')),
    comparedOf: list('comparedOf'),
    belonging: wholeNumber(text('belonging')),
    only: text('only') === '1',
    toggled: list('toggled'),
    pinned: list('pinned'),
    hidden: list('hidden'),
    moved: list('moved').flatMap(placeOf),
    marks: list('marks').map(Number).filter(Number.isInteger).slice(0, 100),
    find: text('find').slice(0, 500),
    filter: text('filter').slice(0, 500),
    panel: text('panel'),
    byCategory: text('color') === 'category',
    isAbsolute: text('time') === 'clock',
  };
}

/** A key has no `_` in it. */
function placeOf(text: string): [key: string, place: number][] {
  const [, key, place] = /^([^_]+)_(\d{1,7})$/.exec(text) ?? [];
  return key === undefined ? [] : [[key, Number(place)]];
}

function numberText(number: number | undefined): string {
  return number === undefined ? '' : String(number);
}

function rangeText(range: View | undefined): string {
  return range === undefined ? '' : `${Math.round(range.from)}_${Math.round(range.to)}`;
}

function rangeOf(text: string): View | undefined {
  const { from, to } = /^(?<from>-?\d{1,20})_(?<to>-?\d{1,20})$/.exec(text)?.groups ?? {};
  const range = { from: Number(from), to: Number(to) };
  return range.from < range.to ? range : undefined;
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
