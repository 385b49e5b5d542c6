import Table from 'cli-table3';
import { cut, cutInMiddle, printable, widthOf } from './text.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Where texts are cut that are too long: numbers that tell names apart stand at the end. */
  readonly cutIn?: 'end' | 'middle';
  /** It may be cut off down to so many columns of the terminal. Default: it is not. */
  readonly least?: number;
  /** It is not wider than this even where there is room. */
  readonly most?: number;
  /** Left out where there is no room for all: those with the highest number first. */
  readonly dispensable?: number;
}

/** A text, what is drawn before it as it is, and how it is coloured. */
export type Cell =
  | string
  | {
      readonly text: string;
      /** No text of a trace: its blanks are kept. */
      readonly drawn?: string;
      readonly paint?: (text: string) => string;
    };

const GAP = '  ';
/**
 * What draws tables takes time that grows with the square of the rows, and cannot draw a hundred
 * thousand.
 */
const ROWS_AT_ONCE = 500;

/**
 * A table without lines between its cells, so that cut and grep can take it apart. All text is made
 * printable. It is not wider than `width`, if that can be done; a column in which nothing stands takes
 * no room.
 */
export function drawTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  paintTitle: (text: string) => string,
  width = Number.POSITIVE_INFINITY,
): string {
  const texts = rows.map((row) => row.map(textOf));
  const widths = fit(columns, texts, width);
  const shown = columns.flatMap((_, i) => (widths[i] === undefined ? [] : [i]));
  const none = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'];
  const more = ['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'];
  const chars = Object.fromEntries([...none, ...more].map((name) => [name, '']));
  const options = {
    colAligns: shown.map((i) => columns[i].align ?? 'right'),
    chars: { ...chars, middle: GAP },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  };
  const head = shown.map((i) => paintTitle(cut(columns[i].title, widths[i])));
  const isLong = rows.length > ROWS_AT_ONCE;
  // All parts of a long table are as wide as the whole.
  const colWidths = isLong ? shown.map((i) => widths[i] as number) : [];
  const parts: string[] = [];
  for (let from = 0; from === 0 || from < rows.length; from += ROWS_AT_ONCE) {
    const part = new Table({ ...options, colWidths, ...(from === 0 && { head }) });
    for (const [i, row] of rows.slice(from, from + ROWS_AT_ONCE).entries()) {
      const cells = shown.map((column) => {
        const cutHere = columns[column].cutIn === 'middle' ? cutInMiddle : cut;
        return painted(row[column], cutHere(texts[from + i][column], widths[column]));
      });
      part.push(cells);
    }
    parts.push(part.toString());
  }
  return parts
    .join('\n')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? printable(cell) : `${cell.drawn ?? ''}${printable(cell.text)}`;
}

function painted(cell: Cell, text: string): string {
  return typeof cell === 'string' ? text : (cell.paint?.(text) ?? text);
}

/** The width of each column; undefined for those that are left out. */
function fit(
  columns: readonly Column[],
  texts: readonly (readonly string[])[],
  width: number,
): (number | undefined)[] {
  const full = columns.map(({ title, most = Number.POSITIVE_INFINITY }, i) => {
    const widest = texts.reduce((so, row) => Math.max(so, widthOf(row[i])), widthOf(title));
    return Math.min(widest, most);
  });
  const isEmpty = (i: number) => texts.length > 0 && texts.every((row) => row[i] === '');
  const widths: (number | undefined)[] = columns.map(({ least = Number.POSITIVE_INFINITY }, i) =>
    isEmpty(i) ? undefined : Math.min(full[i], least),
  );
  const room = () => {
    const shown = widths.filter((one) => one !== undefined);
    return width - shown.reduce((sum, one) => sum + one, (shown.length - 1) * GAP.length);
  };
  const rank = (i: number) => columns[i].dispensable ?? 0;
  const dispensable = columns
    .map((_, i) => i)
    .filter((i) => rank(i) > 0)
    .sort((a, b) => rank(b) - rank(a));
  for (const i of dispensable) if (room() < 0) widths[i] = undefined;
  for (const [i, one] of widths.entries()) {
    if (one !== undefined) widths[i] = one + Math.max(0, Math.min(room(), full[i] - one));
  }
  return widths;
}
