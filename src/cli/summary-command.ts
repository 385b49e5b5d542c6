import { stringify } from 'csv-stringify/sync';
import { describeUnread } from '../reader/source/unread.js';
import { summarize } from '../reader/summary/summarize.js';
import type { GroupBy, GroupSummary, Summary } from '../reader/summary/summary.js';
import { describeUnplaced } from '../reader/timeline/unplaced.js';
import { nameFilter } from './filters.js';
import { count, duration } from './numbers.js';
import {
  badOption,
  colors,
  inputOf,
  print,
  printJson,
  terminalWidth,
  withProgress,
} from './output.js';
import { requestCommand, requestsCommand } from './requests-command.js';
import {
  describeCounters,
  describeGroups,
  describeOperations,
  describeSlices,
  describeThreads,
} from './summary-tables.js';
import { describeTree } from './summary-tree.js';
import { printable } from './text.js';

export const SORT_KEYS = ['total', 'self', 'count', 'mean', 'p50', 'p95', 'p99', 'max'] as const;
export type SortKey = (typeof SORT_KEYS)[number] | 'name';

export interface SummaryFlags {
  readonly by: GroupBy;
  readonly sort: SortKey;
  readonly filter?: string;
  readonly top: number;
  readonly tree?: boolean;
  readonly requests?: boolean;
  /** The id of one. */
  readonly request?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
}

const STRETCHES = 60;
const FEWEST_STRETCHES = 10;
/** What the other columns of the table of threads want. */
const BESIDE_ACTIVITY = 64;

/** `tracelane summary FILE` */
export async function summaryCommand(file: string, flags: SummaryFlags): Promise<void> {
  if (flags.request !== undefined) return requestCommand(file, flags.request, flags);
  if (flags.requests === true) return requestsCommand(file, flags);
  const { by, top, tree, json, csv } = flags;
  if (tree === true && by === 'category') {
    const problem = '--tree puts names below names: with it, --by is name or thread';
    throw badOption(problem);
  }
  const stretches = json === true ? STRETCHES : stretchesThatFit();
  const options = { by, top, tree, filter: nameFilter(flags.filter), stretches };
  const summary = await withProgress((update) => summarize(inputOf(file), options, update));
  const groups = sortGroups(summary.groups, flags.sort);
  if (json) printJson({ ...summary, groups });
  else if (csv) print(asCsv(groups, by).trimEnd());
  else print(describe({ ...summary, groups }, flags));
}

function stretchesThatFit(): number {
  const width = terminalWidth() ?? Number.POSITIVE_INFINITY;
  return Math.max(FEWEST_STRETCHES, Math.min(STRETCHES, width - BESIDE_ACTIVITY));
}

function sortGroups(groups: readonly GroupSummary[], key: SortKey): GroupSummary[] {
  const byName = (a: GroupSummary, b: GroupSummary) => (a.key < b.key ? -1 : 1);
  if (key === 'name') return groups.toSorted(byName);
  return groups.toSorted((a, b) => (b[key] ?? 0) - (a[key] ?? 0) || byName(a, b));
}

/** A name that a spreadsheet would take for a formula gets an apostrophe in front. */
function asCsv(groups: readonly GroupSummary[], by: GroupBy): string {
  const rows = groups.map(({ key, share, ...rest }) => ({ [by]: printable(key), ...rest, share }));
  const times = ['total', 'self', 'mean', 'p50', 'p95', 'p99', 'max'];
  const keys = [by, 'kind', 'count', ...times, 'share', 'unfinished', 'meanOpen'];
  const headers: Readonly<Record<string, string>> = { meanOpen: 'mean_open' };
  const columns = keys.map((key) => ({
    key,
    header: times.includes(key) ? `${key}_ns` : (headers[key] ?? key),
  }));
  return stringify(rows, { header: true, columns, escape_formulas: true });
}

function describe(summary: Summary, { by, top }: SummaryFlags): string {
  const { file, events, wall, groups, threads, threadsLeftOut, operations, counters, longest } =
    summary;
  const parts = [
    `${colors.bold(printable(file))}: ${count(events, 'event')} in ${duration(wall)}`,
    ...warnings(summary),
  ];
  if (threads.length > 0) parts.push('', describeThreads(threads, threadsLeftOut));
  if (operations.length > 0)
    parts.push('', describeOperations(operations, summary.operationsLeftOut));
  if (summary.tree !== undefined) {
    if (summary.tree.length > 0) parts.push('', describeTree(summary.tree, wall, top));
    return parts.join('\n');
  }
  if (groups.length > 0) {
    parts.push('', describeGroups(groups.slice(0, top), by));
    if (groups.length > top) parts.push(colors.dim(`… and ${groups.length - top} more`));
  }
  if (longest.length > 0) parts.push('', describeSlices('longest', longest));
  if (counters.length > 0) {
    parts.push('', describeCounters(counters.slice(0, top)));
    if (counters.length > top) parts.push(colors.dim(`… and ${counters.length - top} more`));
  }
  if (summary.unfinishedCount > 0) {
    parts.push('', describeSlices('never ended', summary.unfinished));
    const more = summary.unfinishedCount - summary.unfinished.length;
    if (more > 0) parts.push(colors.dim(`… and ${more} more`));
  }
  if (!summary.argumentsRead && longest.length + summary.unfinished.length > 0) {
    parts.push('', colors.dim(NO_ARGUMENTS));
  }
  return parts.join('\n');
}

const NO_ARGUMENTS =
  'Arguments are not shown: they are read back at the end, and a pipe is gone by then.';

function warnings({ truncated, damaged, unread, unplaced }: Summary): string[] {
  const lines: string[] = [];
  if (truncated) lines.push('The file ends in the middle: what comes later is missing.');
  if (damaged > 0) lines.push(`${count(damaged, 'event')} could not be read and were left out.`);
  lines.push(...describeUnplaced(unplaced));
  const notRead = describeUnread(unread);
  if (notRead !== undefined) lines.push(notRead);
  return lines.map((line) => colors.yellow(line));
}
