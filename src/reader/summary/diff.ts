import type { GroupSummary, Summary } from './summary.js';

/** A name in two traces. Times are nanoseconds. */
export interface Difference {
  readonly key: string;
  readonly kind: 'slice' | 'async';
  /** Undefined where the name is not in that trace. */
  readonly before: GroupSummary | undefined;
  readonly after: GroupSummary | undefined;
  readonly totalChange: number;
  /** As a part of what was before; undefined where the name is in one trace only. */
  readonly relativeTotal: number | undefined;
  readonly relativeP95: number | undefined;
}

/** What has changed from one trace to the other, the biggest change of the total first. */
export function compareSummaries(before: Summary, after: Summary): Difference[] {
  const keyOf = ({ kind, key }: GroupSummary) => `${kind}\n${key}`;
  const earlier = new Map(before.groups.map((group) => [keyOf(group), group]));
  const later = new Map(after.groups.map((group) => [keyOf(group), group]));
  const keys = new Set([...earlier.keys(), ...later.keys()]);
  return Array.from(keys, (key) => difference(earlier.get(key), later.get(key))).sort(
    (a, b) => Math.abs(b.totalChange) - Math.abs(a.totalChange) || (a.key < b.key ? -1 : 1),
  );
}

function difference(before: GroupSummary | undefined, after: GroupSummary | undefined): Difference {
  const { key, kind } = (before ?? after) as GroupSummary;
  const both = before !== undefined && after !== undefined;
  return {
    key,
    kind,
    before,
    after,
    totalChange: (after?.total ?? 0) - (before?.total ?? 0),
    relativeTotal: both ? relative(before.total, after.total) : undefined,
    relativeP95: both ? relative(before.p95, after.p95) : undefined,
  };
}

function relative(before: number, after: number): number {
  if (before === after) return 0;
  return before === 0 ? Number.POSITIVE_INFINITY : (after - before) / before;
}

/** Whether a name that is in both traces takes more time, in all or at its 95th percentile. */
export function grewAbove(difference: Difference, limit: number): boolean {
  const { before, relativeTotal, relativeP95 } = difference;
  // If none of that name was ended before, there is nothing to compare with.
  if (before?.count === 0) return false;
  return (relativeTotal ?? 0) > limit || (relativeP95 ?? 0) > limit;
}
