import { SPENT, type Spent, type UnfinishedRequests } from '../reader/requests/request-times.js';
import { type RequestTree, readRequest } from '../reader/requests/request-tree.js';
import { type RequestsSummary, summarizeRequests } from '../reader/requests/requests.js';
import { nameFilter } from './filters.js';
import { count, duration, percent } from './numbers.js';
import { badOption, colors, inputOf, print, printJson, table, withProgress } from './output.js';
import { nameColumn } from './summary-tables.js';
import type { Cell, Column } from './table.js';
import { printable } from './text.js';
import { treeLines } from './tree.js';

export interface RequestsFlags {
  readonly filter?: string;
  readonly top: number;
  readonly json?: boolean;
}

const TITLES: Readonly<Record<Spent, string>> = {
  ...{ gc: 'GC', own: 'own', loop: 'loop', db: 'database', http: 'HTTP', other: 'other' },
};

/** `tracelane summary FILE --requests` */
export async function requestsCommand(file: string, flags: RequestsFlags): Promise<void> {
  const isShown = nameFilter(flags.filter);
  const summary = await withProgress((update) => summarizeRequests(inputOf(file), update));
  const shownOf = <Row extends { readonly name: string }>(rows: readonly Row[]) =>
    rows.filter(({ name }) => isShown(name));
  const [routes, unfinished] = [shownOf(summary.routes), shownOf(summary.unfinished)];
  const shown = { ...summary, routes, unfinished };
  if (flags.json) printJson(shown);
  else print(describeRequests(shown, flags.top));
}

function describeRequests(summary: RequestsSummary, top: number): string {
  const { file, requests, unfinished, routes } = summary;
  const parts = [`${colors.bold(printable(file))}: ${count(requests, 'request')}`];
  if (routes.length > 0) parts.push('', ...describeRoutes(summary, top));
  if (unfinished.length > 0) parts.push('', ...describeUnfinished(unfinished, top));
  if (parts.length === 1) parts.push(colors.dim(NONE));
  return parts.join('\n');
}

function describeRoutes({ routes, beyondLimit }: RequestsSummary, top: number): string[] {
  const columns: Column[] = [
    nameColumn('request'),
    ...['count', 'p50', 'p95', 'p99', 'max'].map((title) => ({ title })),
    ...[...SPENT, 'other' as const].map((spent) => ({ title: TITLES[spent], dispensable: 1 })),
    { title: 'slowest', align: 'left', dispensable: 2 },
  ];
  const rows = routes.slice(0, top).map((route) => {
    const { name, count: times, p50, p95, p99, max, time, slowest } = route;
    const looked = Object.values(time).reduce((sum, spent) => sum + spent, 0);
    const share = (spent: Spent) =>
      time[spent] === 0 || looked === 0 ? '' : percent(time[spent] / looked);
    return [
      ...[name, times.toLocaleString('en'), ...[p50, p95, p99, max].map(duration)],
      ...[...SPENT.map(share), share('other')],
      slowest,
    ];
  });
  const parts = firstRows(columns, rows, routes.length);
  if (beyondLimit > 0) {
    const some = count(beyondLimit, 'request');
    parts.push(colors.dim(`Where the time of ${some} went was not looked at: there are too many.`));
  }
  return parts;
}

function describeUnfinished(unfinished: readonly UnfinishedRequests[], top: number): string[] {
  const columns: Column[] = [
    nameColumn('never ended'),
    ...['count', 'open for'].map((title) => ({ title })),
    { title: 'oldest', align: 'left', dispensable: 2 },
  ];
  const rows = unfinished
    .slice(0, top)
    .map(({ name, count: times, open, oldest }) => [
      ...[name, times.toLocaleString('en'), duration(open), oldest],
    ]);
  return firstRows(columns, rows, unfinished.length);
}

/** A table, and how many more rows there would be. */
function firstRows(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  all: number,
): string[] {
  const parts = [table(columns, rows)];
  if (all > rows.length) parts.push(colors.dim(`… and ${all - rows.length} more`));
  return parts;
}

const NONE =
  'It has no calls that say what belongs to them: those are recorded by tracelane, in what trace(),\n' +
  'traceAsyncFunction() and incoming requests run.';

/** `tracelane summary FILE --request ID` */
export async function requestCommand(
  file: string,
  id: string,
  { top, json }: RequestsFlags,
): Promise<void> {
  const request = await withProgress((update) => readRequest(inputOf(file), id, update));
  if (request === undefined) {
    throw badOption(`no call in ${file} has the id ${id}: --requests lists the slowest ones`);
  }
  if (json) printJson(request);
  else print(describeRequest(request, top));
}

function describeRequest({ root, leftOut, isWhole }: RequestTree, top: number): string {
  const columns: Column[] = [
    nameColumn('name', 24),
    { title: 'category', align: 'left', dispensable: 2 },
    { title: 'begins at' },
    { title: 'duration' },
    { title: 'id', align: 'left', dispensable: 1 },
  ];
  const lines = treeLines([root]);
  const rows = lines
    .slice(0, top)
    .map(({ node, drawn }) => [
      { drawn, text: node.name },
      node.category,
      duration(node.start),
      node.duration === undefined ? 'never ended' : duration(node.duration),
      node.id ?? '',
    ]);
  const hidden = leftOut + lines.length - rows.length;
  const parts = [table(columns, rows)];
  if (hidden > 0) parts.push(colors.dim(`… and ${hidden.toLocaleString('en')} more`));
  if (!isWhole) parts.push(colors.dim(NOT_READ_AGAIN));
  return parts.join('\n');
}

const NOT_READ_AGAIN =
  'What servers did inside is not shown, as standard input can be read only once. Name the file instead.';
