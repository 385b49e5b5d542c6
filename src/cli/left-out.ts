import { complain } from './output.js';
import { shorten } from './text.js';

/** What the format of a file has no place for. */
interface Told {
  readonly leftOut: Readonly<Record<string, number>>;
  readonly overlapping: number;
}

/** Says on standard error what the format of a file has no place for, a line for each kind. */
export function tellLeftOut(file: string, { leftOut, overlapping }: Told): void {
  const tell = (what: string, count: number, kind: string): void =>
    complain(`${shorten(file)}: ${what}: ${count.toLocaleString('en')} × ${shorten(kind, 100)}`);
  for (const [kind, count] of Object.entries(leftOut)) tell('left out', count, kind);
  if (overlapping > 0)
    tell('on tracks of their own, as they overlap others', overlapping, 'slices');
}
