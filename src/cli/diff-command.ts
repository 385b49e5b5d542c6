import { compareSummaries, type Difference, grewAbove } from '../reader/summary/diff.js';
import { summarize } from '../reader/summary/summarize.js';
import type { Summary } from '../reader/summary/summary.js';
import { nameFilter } from './filters.js';
import { change, count, duration, signedDuration } from './numbers.js';
import { colors, EXIT, inputOf, print, printJson, shorten, table, withProgress } from './output.js';

export interface DiffFlags {
  readonly filter?: string;
  readonly top: number;
  readonly failAbove?: number;
  readonly json?: boolean;
}

/** `tracelane diff A B` */
export async function diffCommand(a: string, b: string, flags: DiffFlags): Promise<void> {
  const filter = nameFilter(flags.filter);
  const read = (file: string): Promise<Summary> =>
    withProgress((update) =>
      summarize(inputOf(file), { by: 'name', filter, top: 0, stretches: 1 }, update),
    );
  const [before, after] = [await read(a), await read(b)];
  const differences = compareSummaries(before, after);
  const { failAbove } = flags;
  const grown =
    failAbove === undefined ? [] : differences.filter((one) => grewAbove(one, failAbove));
  if (flags.json) {
    printJson({ before: a, after: b, differences, grown: grown.map(({ key }) => key) });
  } else {
    print(describe(a, b, before, after, differences, flags.top));
    for (const [file, { truncated, damaged }] of [
      [a, before],
      [b, after],
    ] as const) {
      if (truncated) print(`${file} is cut off: what it lacks is not compared.`);
      if (damaged > 0) print(`${file}: ${count(damaged, 'event')} could not be read.`);
    }
    if (failAbove !== undefined) print(`\n${verdict(grown, failAbove)}`);
  }
  if (grown.length > 0) process.exitCode = EXIT.found;
}

function describe(
  a: string,
  b: string,
  before: Summary,
  after: Summary,
  differences: readonly Difference[],
  top: number,
): string {
  const wall = before.wall === 0 ? undefined : (after.wall - before.wall) / before.wall;
  const titles = ['count', 'total before', 'after', 'change', '', 'p95 before', 'after', 'change'];
  const columns = [
    { title: 'name', align: 'left' as const },
    ...titles.map((title) => ({ title })),
  ];
  const rows = differences.slice(0, top).map((difference) => {
    const {
      key,
      kind,
      before: old,
      after: now,
      totalChange,
      relativeTotal,
      relativeP95,
    } = difference;
    return [
      shorten(kind === 'async' ? `${key} (async)` : key),
      counts(old?.count, now?.count),
      old === undefined ? '' : duration(old.total),
      now === undefined ? '' : duration(now.total),
      signedDuration(totalChange),
      paint(relativeTotal, old === undefined ? 'new' : now === undefined ? 'gone' : undefined),
      old === undefined ? '' : duration(old.p95),
      now === undefined ? '' : duration(now.p95),
      paint(relativeP95),
    ];
  });
  const lines = [
    `before ${colors.bold(a)}: ${duration(before.wall)}`,
    `after  ${colors.bold(b)}: ${duration(after.wall)} ${change(wall)}`,
    '',
    table(columns, rows),
  ];
  if (differences.length > top) lines.push(colors.dim(`… and ${differences.length - top} more`));
  return lines.join('\n');
}

function counts(before = 0, after = 0): string {
  const [old, now] = [before.toLocaleString('en'), after.toLocaleString('en')];
  return before === after ? old : `${old} → ${now}`;
}

function paint(part: number | undefined, instead = ''): string {
  if (part === undefined) return instead;
  const text = change(part);
  return part > 0 ? colors.red(text) : part < 0 ? colors.green(text) : text;
}

function verdict(grown: readonly Difference[], limit: number): string {
  const above = `more than ${change(limit).replace('+', '')}`;
  if (grown.length === 0) return colors.green(`No name takes ${above} longer.`);
  const names = grown.map(({ key }) => shorten(key)).join(', ');
  const verb = grown.length === 1 ? 'takes' : 'take';
  return colors.red(`${count(grown.length, 'name')} ${verb} ${above} longer: ${names}`);
}
