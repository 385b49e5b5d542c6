import type { TraceInput } from '../reader/source/trace-input.js';
import {
  compareSummaries,
  type Difference,
  type Gate,
  hasEnded,
  judge,
  type Verdict,
} from '../reader/summary/diff.js';
import { summarize } from '../reader/summary/summarize.js';
import type { Summary } from '../reader/summary/summary.js';
import { nameFilter } from './filters.js';
import { change, count, duration, signedDuration } from './numbers.js';
import { colors, EXIT, inputOf, print, printJson, table, withProgress } from './output.js';
import { nameColumn } from './summary-tables.js';
import type { Cell, Column } from './table.js';
import { printable, shorten } from './text.js';

export interface DiffFlags {
  readonly filter?: string;
  readonly top: number;
  readonly failAbove?: number;
  readonly total?: boolean;
  readonly minCalls: number;
  /** Nanoseconds. */
  readonly minChange: number;
  readonly json?: boolean;
}

/** `tracelane diff A B` */
export async function diffCommand(a: string, b: string, flags: DiffFlags): Promise<void> {
  const filter = nameFilter(flags.filter);
  // Both are looked at before the first is read: it may be long.
  const inputs = [inputOf(a), inputOf(b)] as const;
  const read = (input: TraceInput): Promise<Summary> =>
    withProgress((update) =>
      summarize(input, { by: 'name', filter, top: 0, stretches: 1 }, update),
    );
  const [before, after] = [await read(inputs[0]), await read(inputs[1])];
  const { total = false, failAbove, minCalls, minChange } = flags;
  const differences = compareSummaries(before, after, total);
  const gate =
    failAbove === undefined ? undefined : { limit: failAbove, total, minCalls, minChange };
  const judged = (verdict: Verdict): Difference[] =>
    gate === undefined ? [] : differences.filter((one) => judge(one, gate) === verdict);
  const [grown, noise] = [judged('grown'), judged('noise')];
  if (flags.json) {
    const keys = (list: readonly Difference[]) => list.map(({ key }) => key);
    const names = { grown: keys(grown), noise: keys(noise) };
    printJson({ before: a, after: b, gate, differences, ...names });
  } else {
    print(describe(a, b, before, after, differences, flags));
    for (const [file, { truncated, damaged }] of [
      [a, before],
      [b, after],
    ] as const) {
      const name = printable(file);
      if (truncated) print(`${name} is cut off: what it lacks is not compared.`);
      if (damaged > 0) print(`${name}: ${count(damaged, 'event')} could not be read.`);
    }
    if (gate !== undefined) print(`\n${verdictOf(grown, noise, gate)}`);
  }
  if (grown.length > 0) process.exitCode = EXIT.found;
}

function describe(
  a: string,
  b: string,
  before: Summary,
  after: Summary,
  differences: readonly Difference[],
  { top, total = false }: DiffFlags,
): string {
  const wall = before.wall === 0 ? undefined : (after.wall - before.wall) / before.wall;
  const rows = differences.slice(0, top);
  const lines = [
    `before ${colors.bold(printable(a))}: ${duration(before.wall)}`,
    `after  ${colors.bold(printable(b))}: ${duration(after.wall)} ${change(wall)}`,
    '',
    total ? totals(rows) : calls(rows),
  ];
  if (differences.length > top) lines.push(colors.dim(`… and ${differences.length - top} more`));
  return lines.join('\n');
}

/** The time of a call: what the gate compares unless it is told otherwise. */
function calls(differences: readonly Difference[]): string {
  const columns: Column[] = [
    nameColumn('name'),
    { title: 'count' },
    { title: 'mean before', dispensable: 3 },
    { title: 'mean after' },
    { title: 'change' },
    { title: 'p95 before', dispensable: 4 },
    { title: 'p95 after', dispensable: 2 },
    { title: 'change' },
    { title: 'total', dispensable: 1 },
  ];
  const rows = differences.map((difference) => {
    const { before, after, relativeMean, relativeP95, totalChange } = difference;
    return [
      nameOf(difference),
      counts(before?.count, after?.count),
      hasEnded(before) ? duration(before.mean) : '',
      hasEnded(after) ? duration(after.mean) : '',
      painted(relativeMean, inOneOnly(difference)),
      hasEnded(before) ? duration(before.p95) : '',
      hasEnded(after) ? duration(after.p95) : '',
      painted(relativeP95),
      signedDuration(totalChange),
    ];
  });
  return table(columns, rows);
}

function totals(differences: readonly Difference[]): string {
  const columns: Column[] = [
    nameColumn('name'),
    { title: 'count' },
    { title: 'total before', dispensable: 1 },
    { title: 'total after' },
    { title: 'change' },
    { title: '' },
  ];
  const rows = differences.map((difference) => {
    const { before, after, relativeTotal, totalChange } = difference;
    return [
      nameOf(difference),
      counts(before?.count, after?.count),
      before === undefined ? '' : duration(before.total),
      after === undefined ? '' : duration(after.total),
      signedDuration(totalChange),
      painted(relativeTotal, inOneOnly(difference)),
    ];
  });
  return table(columns, rows);
}

function nameOf({ key, kind }: Difference): string {
  return kind === 'async' ? `${key} (async)` : key;
}

function inOneOnly({ before, after }: Difference): string {
  return before === undefined ? 'new' : after === undefined ? 'gone' : '';
}

function counts(before = 0, after = 0): string {
  const [old, now] = [before.toLocaleString('en'), after.toLocaleString('en')];
  return before === after ? old : `${old} → ${now}`;
}

function painted(part: number | undefined, instead = ''): Cell {
  if (part === undefined) return instead;
  const paint = part > 0 ? colors.red : part < 0 ? colors.green : String;
  return { text: change(part), paint };
}

function verdictOf(
  grown: readonly Difference[],
  noise: readonly Difference[],
  { limit, total, minCalls, minChange }: Gate,
): string {
  const above = `more than ${change(limit).replace('+', '')} longer ${total ? 'in total' : 'per call'}`;
  const lines: string[] = [];
  if (grown.length === 0) lines.push(colors.green(`No name takes ${above}.`));
  else {
    // What is not slower on average is so in its slowest calls.
    const isSlower = ({ relativeMean }: Difference) => total || (relativeMean ?? 0) > limit;
    const names = grown
      .map((one) => `${shorten(one.key)}${isSlower(one) ? '' : ' (p95)'}`)
      .join(', ');
    const verb = grown.length === 1 ? 'takes' : 'take';
    lines.push(colors.red(`${count(grown.length, 'name')} ${verb} ${above}: ${names}`));
  }
  if (noise.length > 0) {
    const limits = `fewer than ${count(minCalls, 'call')}, or less than ${duration(minChange)} over all calls`;
    lines.push(
      colors.dim(`${count(noise.length, 'other')} did, too, but that may be noise: ${limits}.`),
    );
  }
  return lines.join('\n');
}
