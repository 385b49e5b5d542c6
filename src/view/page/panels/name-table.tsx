import type { NameStatistics, Statistics } from '../../wire/questions.js';
import type { Session } from '../session.js';
import { count, duration } from '../time/words.js';
import { type Column, Share, Table } from './table.js';

interface NameTableProps {
  readonly session: Session;
  readonly numbers: Statistics;
  /** Of the range that this one is compared with. */
  readonly other: Statistics | undefined;
}

/** How often and how long, by name; of two ranges side by side, if there are two. */
export function NameTable({ session, numbers, other }: NameTableProps) {
  const { names, nameCount } = numbers;
  const rows = other ? [...names, ...goneFrom(numbers, other)] : names;
  if (rows.length === 0) return <p class="faint">There are no slices here.</p>;
  const largest = names.reduce((most, { total }) => Math.max(most, total), 1);
  const columns: Column<NameStatistics>[] = [
    { title: 'Name', by: ({ name }) => name },
    { title: 'Count', by: ({ count: times }) => times, shows: (row) => count(row.count) },
    {
      title: 'Total',
      by: ({ total }) => total,
      shows: ({ total }) => <Share part={total / largest} text={duration(total)} />,
    },
    ...(other ? comparison(other) : distribution()),
    { title: 'Category', by: ({ category }) => category },
    { title: 'Kind', by: ({ kind }) => kind },
  ];
  return (
    <>
      <Table
        label="Names"
        columns={columns}
        rows={rows}
        keyOf={keyOf}
        open={({ longest }) => void session.select(longest, 'in view')}
      />
      {nameCount > names.length ? (
        <p class="faint">
          These are {count(names.length)} of {count(nameCount)} names, with the largest totals.
        </p>
      ) : null}
    </>
  );
}

/** Its category is that of the longest slice in the range: of the same name in another one, it may differ. */
function keyOf({ name, kind }: NameStatistics): string {
  return [kind, name].join('\0');
}

/** Whether a name that is not among them is not in the range either. */
function isWhole({ names, nameCount }: Statistics): boolean {
  return names.length === nameCount;
}

/** Names that only the other range has. */
function goneFrom(numbers: Statistics, other: Statistics): NameStatistics[] {
  if (!isWhole(numbers)) return [];
  const here = new Set(numbers.names.map(keyOf));
  const none = { count: 0, total: 0, mean: 0 };
  return other.names.filter((row) => !here.has(keyOf(row))).map((row) => ({ ...row, ...none }));
}

function distribution(): Column<NameStatistics>[] {
  const time = (
    title: string,
    of: (row: NameStatistics) => number | null,
    says?: string,
  ): Column<NameStatistics> => ({
    title,
    by: (row) => of(row) ?? -1,
    shows: (row) => duration(of(row)),
    ...(says === undefined ? {} : { says }),
  });
  return [
    time('Self', ({ self }) => self, 'Time in which nothing inside of it ran'),
    time('Mean', ({ mean }) => mean),
    time('p50', ({ p50 }) => p50),
    time('p95', ({ p95 }) => p95),
    time('p99', ({ p99 }) => p99),
    time('Max', ({ max }) => max),
  ];
}

function comparison(other: Statistics): Column<NameStatistics>[] {
  const before = new Map(other.names.map((row) => [keyOf(row), row]));
  const was = (row: NameStatistics) => before.get(keyOf(row));
  const change = (row: NameStatistics) => row.total - (was(row)?.total ?? 0);
  const isKnown = (row: NameStatistics) => isWhole(other) || was(row) !== undefined;
  return [
    {
      title: 'Other total',
      by: (row) => was(row)?.total ?? 0,
      shows: (row) => time(was(row)?.total),
    },
    {
      title: 'Change',
      by: (row) => (isKnown(row) ? change(row) : 0),
      shows: (row) =>
        isKnown(row) ? `${change(row) > 0 ? '+' : ''}${duration(change(row))}` : time(undefined),
    },
    {
      title: 'Other count',
      by: (row) => was(row)?.count ?? 0,
      shows: (row) => (isKnown(row) ? count(was(row)?.count ?? 0) : time(undefined)),
    },
    {
      title: 'Mean',
      by: ({ mean }) => mean,
      shows: (row) => time(row.count === 0 ? undefined : row.mean),
    },
    { title: 'Other mean', by: (row) => was(row)?.mean ?? 0, shows: (row) => time(was(row)?.mean) },
  ];
}

function time(nanoseconds: number | undefined): string {
  return duration(nanoseconds ?? null);
}
