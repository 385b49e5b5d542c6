import type {
  CounterSummary,
  GroupBy,
  GroupSummary,
  OperationsSummary,
  SliceSummary,
  ThreadSummary,
} from '../reader/summary/summary.js';
import { argumentsOf } from './arguments.js';
import { count, digits, duration, percent } from './numbers.js';
import { table } from './output.js';
import type { Cell, Column } from './table.js';

const SHADES = ' ▁▂▃▄▅▆▇█';
/** Sums of times are exact to this part. */
const NOTHING = 1e-9;
const MOST_ROWS = 16;

/** A column of names. */
export function nameColumn(title: string, least = 16): Column {
  return { title, align: 'left', least, most: 60 };
}

/** How much of the time; of what may be open several times at once, how many were on average. */
export function shareOf(kind: GroupSummary['kind'], share: number, meanOpen: number): string {
  return kind === 'slice' ? percent(share) : `${digits(meanOpen)} open`;
}

/** When the threads were busy: the trace from left to right; the fuller a bar, the busier. */
export function describeThreads(threads: readonly ThreadSummary[], leftOut: number): string {
  const columns: Column[] = [
    { title: 'thread', align: 'left', least: 16, most: 50, cutIn: 'middle' },
    { title: 'activity', align: 'left' },
    { title: 'busy' },
    { title: 'share' },
    { title: 'slices', dispensable: 1 },
  ];
  const rows = threads
    .slice(0, MOST_ROWS)
    .map(({ label, activity, busy, share, slices }) => [
      label,
      drawn(activity),
      duration(busy),
      percent(share),
      slices.toLocaleString('en'),
    ]);
  return withMore(table(columns, rows), threads.length + leftOut, 'thread');
}

/** The same for operations, of which many may be open at once: the fullest bar is the peak. */
export function describeOperations(
  operations: readonly OperationsSummary[],
  leftOut: number,
): string {
  const columns: Column[] = [
    { title: 'operations of', align: 'left', least: 16, most: 50, cutIn: 'middle' },
    { title: 'activity', align: 'left' },
    { title: 'open' },
    { title: 'peak', dispensable: 1 },
    { title: 'count', dispensable: 2 },
  ];
  const rows = operations.slice(0, MOST_ROWS).map(({ label, activity, meanOpen, count: times }) => {
    const peak = Math.max(...activity);
    return [
      label,
      drawn(activity.map((open) => (peak > 0 ? open / peak : 0))),
      digits(meanOpen),
      digits(peak),
      times.toLocaleString('en'),
    ];
  });
  return withMore(table(columns, rows), operations.length + leftOut, 'process', 'processes');
}

function withMore(text: string, rows: number, one: string, many?: string): string {
  const more = rows - MOST_ROWS;
  return more > 0 ? `${text}\n… and ${count(more, one, many)} more` : text;
}

function drawn(parts: readonly number[]): Cell {
  return { drawn: `▕${parts.map(shade).join('')}▏`, text: '' };
}

function shade(part: number): string {
  // What was busy for a moment gets the lowest bar, not none.
  const step = part < NOTHING ? 0 : Math.max(1, Math.round(part * (SHADES.length - 1)));
  return SHADES[step] ?? ' ';
}

export function describeGroups(groups: readonly GroupSummary[], by: GroupBy): string {
  const columns: Column[] = [
    nameColumn(by),
    { title: 'count' },
    { title: 'total' },
    { title: 'self', dispensable: 1 },
    { title: 'mean' },
    { title: 'p50', dispensable: 3 },
    { title: 'p95', dispensable: 2 },
    { title: 'p99', dispensable: 4 },
    { title: 'max' },
    { title: 'share' },
  ];
  const rows = groups.map((group) => [
    group.kind === 'async' ? `${group.key} (async)` : group.key,
    group.count.toLocaleString('en'),
    duration(group.total),
    group.self === undefined ? '' : duration(group.self),
    ...[group.mean, group.p50, group.p95, group.p99, group.max].map(duration),
    shareOf(group.kind, group.share, group.meanOpen),
  ]);
  return table(columns, rows);
}

export function describeSlices(title: string, slices: readonly SliceSummary[]): string {
  const columns: Column[] = [
    nameColumn(title),
    { title: 'which', align: 'left', least: 12, most: 60, dispensable: 2 },
    { title: 'thread', align: 'left', least: 12, most: 30, cutIn: 'middle', dispensable: 1 },
    { title: 'begins at' },
    { title: 'takes' },
    { title: 'alike' },
  ];
  const rows = slices.map(({ name, args, thread, start, duration: took, alike }) => [
    name,
    argumentsOf(args),
    thread,
    duration(start),
    took === undefined ? '' : duration(took),
    alike === 1 ? '' : `× ${alike.toLocaleString('en')}`,
  ]);
  return table(columns, rows);
}

export function describeCounters(counters: readonly CounterSummary[]): string {
  const columns: Column[] = [
    nameColumn('counter'),
    ...['values', 'min', 'mean', 'max'].map((title) => ({ title })),
  ];
  const rows = counters.map(({ name, series, count: values, min, mean, max }) => [
    name === series || series === 'value' ? name : `${name}: ${series}`,
    values.toLocaleString('en'),
    digits(min),
    digits(mean),
    digits(max),
  ]);
  return table(columns, rows);
}
