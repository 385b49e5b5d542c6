import { stringify } from 'csv-stringify/sync';
import { summarize } from '../reader/summary/summarize.js';
import type {
  GroupBy,
  GroupSummary,
  SliceSummary,
  Summary,
  ThreadSummary,
} from '../reader/summary/summary.js';
import { nameFilter } from './filters.js';
import { count, digits, duration, percent } from './numbers.js';
import { colors, inputOf, print, printJson, shorten, table, withProgress } from './output.js';

export const SORT_KEYS = ['total', 'self', 'count', 'mean', 'p50', 'p95', 'p99', 'max'] as const;
export type SortKey = (typeof SORT_KEYS)[number] | 'name';

export interface SummaryFlags {
  readonly by: GroupBy;
  readonly sort: SortKey;
  readonly filter?: string;
  readonly top: number;
  readonly json?: boolean;
  readonly csv?: boolean;
}

const STRETCHES = 60;
const SHADES = ' ▁▂▃▄▅▆▇█';
const MAX_THREADS = 16;

/** `tracelane summary FILE` */
export async function summaryCommand(file: string, flags: SummaryFlags): Promise<void> {
  const { by, top } = flags;
  const options = { by, top, filter: nameFilter(flags.filter), stretches: STRETCHES };
  const summary = await withProgress((update) => summarize(inputOf(file), options, update));
  const groups = sortGroups(summary.groups, flags.sort);
  if (flags.json) printJson({ ...summary, groups });
  else if (flags.csv) print(asCsv(groups, by).trimEnd());
  else print(describe({ ...summary, groups }, flags));
}

function sortGroups(groups: readonly GroupSummary[], key: SortKey): GroupSummary[] {
  const byName = (a: GroupSummary, b: GroupSummary) => (a.key < b.key ? -1 : 1);
  if (key === 'name') return groups.toSorted(byName);
  return groups.toSorted((a, b) => (b[key] ?? 0) - (a[key] ?? 0) || byName(a, b));
}

function asCsv(groups: readonly GroupSummary[], by: GroupBy): string {
  const rows = groups.map(({ key, share, ...rest }) => ({ [by]: key, ...rest, share }));
  const times = ['total', 'self', 'mean', 'p50', 'p95', 'p99', 'max'];
  const columns = [by, 'kind', 'count', ...times, 'share', 'unfinished'].map((key) => ({
    key,
    header: times.includes(key) ? `${key}_ns` : key,
  }));
  return stringify(rows, { header: true, columns });
}

function describe(summary: Summary, { by, top }: SummaryFlags): string {
  const { file, events, wall, groups, threads, counters, longest } = summary;
  const parts = [
    `${colors.bold(file)}: ${count(events, 'event')} in ${duration(wall)}`,
    ...warnings(summary),
  ];
  if (threads.length > 0) parts.push('', timeline(threads));
  if (groups.length > 0) {
    parts.push('', describeGroups(groups.slice(0, top), by));
    if (groups.length > top) parts.push(colors.dim(`… and ${groups.length - top} more`));
  }
  if (longest.length > 0) parts.push('', describeSlices('longest', longest.slice(0, top)));
  if (counters.length > 0) parts.push('', describeCounters(summary));
  if (summary.unfinishedCount > 0) {
    parts.push('', describeSlices('never ended', summary.unfinished));
    const more = summary.unfinishedCount - summary.unfinished.length;
    if (more > 0) parts.push(colors.dim(`… and ${more} more`));
  }
  return parts.join('\n');
}

function warnings({ truncated, damaged }: Summary): string[] {
  const lines: string[] = [];
  if (truncated) lines.push('The file ends in the middle: what comes later is missing.');
  if (damaged > 0) lines.push(`${count(damaged, 'event')} could not be read and were left out.`);
  return lines.map((line) => colors.yellow(line));
}

function describeGroups(groups: readonly GroupSummary[], by: GroupBy): string {
  const titles = ['count', 'total', 'self', 'mean', 'p50', 'p95', 'p99', 'max', 'share'];
  const columns = [{ title: by, align: 'left' as const }, ...titles.map((title) => ({ title }))];
  const rows = groups.map((group) => [
    shorten(group.kind === 'async' ? `${group.key} (async)` : group.key),
    group.count.toLocaleString('en'),
    duration(group.total),
    group.self === undefined ? '' : duration(group.self),
    ...[group.mean, group.p50, group.p95, group.p99, group.max].map(duration),
    percent(group.share),
  ]);
  return table(columns, rows);
}

function describeSlices(title: string, slices: readonly SliceSummary[]): string {
  const columns = [
    { title, align: 'left' as const },
    { title: 'thread', align: 'left' as const },
    { title: 'begins at' },
    { title: 'takes' },
  ];
  const rows = slices.map(({ name, thread, start, duration: took }) => [
    shorten(name),
    shorten(thread, 30),
    duration(start),
    took === undefined ? '' : duration(took),
  ]);
  return table(columns, rows);
}

function describeCounters({ counters }: Summary): string {
  const titles = ['values', 'min', 'mean', 'max'];
  const columns = [
    { title: 'counter', align: 'left' as const },
    ...titles.map((title) => ({ title })),
  ];
  const rows = counters.map(({ name, series, count: values, min, mean, max }) => [
    shorten(name === series || series === 'value' ? name : `${name}: ${series}`),
    values.toLocaleString('en'),
    digits(min),
    digits(mean),
    digits(max),
  ]);
  return table(columns, rows);
}

/** When the threads were busy: the trace from left to right; the fuller a bar, the busier. */
function timeline(threads: readonly ThreadSummary[]): string {
  const columns = [
    { title: 'thread', align: 'left' as const },
    { title: 'activity', align: 'left' as const },
    { title: 'busy' },
    { title: 'share' },
    { title: 'slices' },
  ];
  const rows = threads
    .slice(0, MAX_THREADS)
    .map(({ pid, tid, name, process, activity, busy, share, slices }) => [
      shorten([process || `process ${pid}`, name || tid].join(' / '), 36),
      `▕${activity.map(shade).join('')}▏`,
      duration(busy),
      percent(share),
      slices.toLocaleString('en'),
    ]);
  const more = threads.length - MAX_THREADS;
  return more > 0
    ? `${table(columns, rows)}\n… and ${count(more, 'thread')} more`
    : table(columns, rows);
}

function shade(part: number): string {
  // A thread that was busy for a moment gets the lowest bar, not none.
  const step = part === 0 ? 0 : Math.max(1, Math.round(part * (SHADES.length - 1)));
  return SHADES[step] ?? ' ';
}
