import { cpus } from 'node:os';
import Table from 'cli-table3';
import { type Bar, checkBars } from './bars.js';
import type { Case } from './cases.js';
import type { Series } from './run-jobs.js';
import { type Spread, showSpread, spread } from './statistics.js';

/** When and where a case was measured. */
export interface Measurement {
  readonly date: string;
  readonly node: string;
  readonly machine: string;
  readonly rounds: number;
}

/** What was measured on a release line of Node: what is kept as JSON. */
export interface Results {
  /** By the name of the case. */
  readonly measured: Readonly<Record<string, Measurement>>;
  readonly series: readonly Series[];
}

/** What was measured now, and before of other cases. */
export function withOthers(now: Results, before: Results | undefined): Results {
  const others = before?.series.filter((one) => now.measured[one.case] === undefined) ?? [];
  return {
    measured: { ...before?.measured, ...now.measured },
    series: [...others, ...now.series],
  };
}

export function describeMachine(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model.trim() ?? 'unknown CPU'}, ${process.platform}`;
}

/** A table of one case: a row for each thing measured, a column for each measure. */
interface Grid {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function gridOf(name: string, series: readonly Series[]): Grid {
  const own = series.filter((one) => one.case === name);
  if (own.some(({ samples }) => samples !== undefined)) return callsGrid(own);
  const subjects = [...new Set(own.map(({ subject }) => subject))];
  const measures = [...new Set(own.map(({ measure }) => measure))];
  const cell = (subject: string, measure: string) => {
    const found = own.find((one) => one.subject === subject && one.measure === measure);
    return found === undefined ? '' : rounds(found.values);
  };
  // Many measures of few subjects are read better the other way round.
  if (measures.length > subjects.length) {
    return {
      head: ['', ...subjects],
      rows: measures.map((measure) => [
        measure,
        ...subjects.map((subject) => cell(subject, measure)),
      ]),
    };
  }
  return {
    head: ['', ...measures],
    rows: subjects.map((subject) => [
      subject,
      ...measures.map((measure) => cell(subject, measure)),
    ]),
  };
}

/** A row for each call of each subject, where it was made so often that its spread can be told. */
function callsGrid(own: readonly Series[]): Grid {
  const measures = [...new Set(own.map(({ measure }) => measure))];
  const rows = measures.flatMap((measure) => own.filter((one) => one.measure === measure));
  const cell = (samples: Spread | undefined) =>
    samples === undefined ? '' : showSpread(samples, number);
  return {
    head: ['call', 'recorder', 'best pass', 'all passes', '÷ the least work'],
    rows: rows.map(({ measure, subject, values, samples }) => [
      measure,
      subject,
      rounds(values),
      cell(samples?.passes),
      cell(samples?.ratios),
    ]),
  };
}

/** The median of the rounds, the least and the most. */
function rounds(values: readonly number[]): string {
  return showSpread(spread(values, 0), number);
}

function number(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(digits, 3) });
}

function barsGrid(bars: readonly Bar[]): Grid {
  return {
    head: ['what', 'bar', 'measured', ''],
    rows: bars.map(({ what, bar, measured, holds }) => [
      what,
      bar,
      measured,
      holds ? 'holds' : 'does not hold',
    ]),
  };
}

export function toTerminal(cases: readonly Case[], series: readonly Series[]): string {
  const draw = ({ head, rows }: Grid) => {
    const table = new Table({ head: [...head], style: { head: [], border: [] } });
    table.push(...rows.map((row) => [...row]));
    return table.toString();
  };
  const parts = cases.map(({ name, what }) => `${name}: ${what}\n${draw(gridOf(name, series))}`);
  const bars = checkBars(series);
  if (bars.length > 0) parts.push(`bars\n${draw(barsGrid(bars))}`);
  return parts.join('\n\n');
}

/** docs/performance.md: what was measured on each release line of Node, and the notes kept beside the benchmark. */
export function toMarkdown(
  cases: readonly Case[],
  runs: readonly Results[],
  notes: string,
): string {
  const draw = ({ head, rows }: Grid) =>
    [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
  const numbers = runs.flatMap(({ measured, series }) => {
    const own = cases.filter(({ name }) => measured[name] !== undefined);
    return [
      `## All numbers, ${lineOf(measured)}`,
      ...own.map(({ name, what }) => {
        const { node, date, rounds } = measured[name] as Measurement;
        const when = `Node ${node}, ${date}, ${rounds === 1 ? 'one round' : `${rounds} rounds`}`;
        return `### ${name}\n\n${what}. ${when}.\n\n${draw(gridOf(name, series))}`;
      }),
    ];
  });
  const machines = new Set(
    runs.flatMap(({ measured }) => Object.values(measured).map(({ machine }) => machine)),
  );
  return [
    '# What tracelane costs',
    '<!-- Made by `npm run bench`: change bench/notes.md for the text, not this file. -->',
    `All of it was measured on ${[...machines].join(' and on ')}.`,
    'Each round measures each case in a fresh process: numbers are the medians of the rounds, with the ' +
      'least and the most in brackets. Of calls and their ratios to the least work, all passes of all ' +
      'rounds are taken together, with p10 and p90 in brackets.',
    '## The bars',
    draw(allBars(runs)),
    notes.trim(),
    ...numbers,
    '',
  ].join('\n\n');
}

/** The release line of Node that all of it was measured on. */
function lineOf(measured: Results['measured']): string {
  const [major] = (Object.values(measured)[0]?.node ?? '').slice(1).split('.');
  return `Node ${major}`;
}

/** A row for each bar that was measured on any line of Node, a column for each line. */
function allBars(runs: readonly Results[]): Grid {
  const all = runs.map(({ series }) => checkBars(series));
  const whole = checkBars(runs.flatMap(({ series }) => series));
  const cell = (bars: readonly Bar[], what: string) => {
    const bar = bars.find((one) => one.what === what);
    return bar === undefined ? '' : `${bar.measured}${bar.holds ? '' : ', does not hold'}`;
  };
  return {
    head: ['what', 'bar', ...runs.map(({ measured }) => lineOf(measured))],
    rows: whole.map(({ what, bar }) => [what, bar, ...all.map((bars) => cell(bars, what))]),
  };
}
