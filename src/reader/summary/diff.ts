import type { GroupSummary, Summary } from './summary.js';

/** A name in two traces. Times are nanoseconds. */
export interface Difference {
  readonly key: string;
  readonly kind: GroupSummary['kind'];
  /** Undefined where the name is not in that trace. */
  readonly before: GroupSummary | undefined;
  readonly after: GroupSummary | undefined;
  readonly totalChange: number;
  /**
   * Of one call; undefined where the name is in one trace only, or none of its calls was ended in one of
   * them. So are the next four.
   */
  readonly meanChange: number | undefined;
  /** As a part of what was before. */
  readonly relativeMean: number | undefined;
  readonly relativeP95: number | undefined;
  readonly relativeTotal: number | undefined;
  readonly relativeCount: number | undefined;
}

/** What counts as grown. */
export interface Gate {
  /** The part of what was before by which it may grow. */
  readonly limit: number;
  /** Whether totals are compared; otherwise the time of a call is, by its mean and its p95. */
  readonly total: boolean;
  /** A name with fewer calls is noise. */
  readonly minCalls: number;
  /** Nanoseconds. What costs less over all calls is noise. */
  readonly minChange: number;
}

/** What a gate says of a name; `noise` if it has grown, but is too little to count. */
export type Verdict = 'grown' | 'noise' | 'passed';

/** The part of all calls that is slower than the p95. */
const P95_PART = 0.05;
/** Of so many calls, that part is one call. With fewer, the p95 is just the slowest call. */
const P95_CALLS = 20;

/**
 * What has changed from one trace to the other, what costs or saves most first: the change of a call
 * times the calls, or the change of the total if that is asked for. What is in one trace only goes by
 * its total.
 */
export function compareSummaries(before: Summary, after: Summary, byTotal: boolean): Difference[] {
  const earlier = new Map(before.groups.map((group) => [group.key, group]));
  const later = new Map(after.groups.map((group) => [group.key, group]));
  const keys = new Set([...earlier.keys(), ...later.keys()]);
  const weight = (one: Difference) =>
    Math.abs(byTotal ? one.totalChange : (costOfMean(one) ?? one.totalChange));
  return Array.from(keys, (key) => difference(earlier.get(key), later.get(key))).sort(
    (a, b) =>
      weight(b) - weight(a) ||
      Math.abs(b.totalChange) - Math.abs(a.totalChange) ||
      (a.key < b.key ? -1 : 1),
  );
}

function difference(before: GroupSummary | undefined, after: GroupSummary | undefined): Difference {
  const { key, kind } = (after ?? before) as GroupSummary;
  // What was never ended took no time that could be compared.
  const both = hasEnded(before) && hasEnded(after);
  const part = (of: 'mean' | 'p95' | 'total' | 'count') =>
    both ? relative(before[of], after[of]) : undefined;
  return {
    key,
    kind,
    before,
    after,
    totalChange: (after?.total ?? 0) - (before?.total ?? 0),
    meanChange: both ? after.mean - before.mean : undefined,
    relativeMean: part('mean'),
    relativeP95: part('p95'),
    relativeTotal: part('total'),
    relativeCount: part('count'),
  };
}

/** Whether there is a time of a call. */
export function hasEnded(group: GroupSummary | undefined): group is GroupSummary {
  return group !== undefined && group.count > 0;
}

function relative(before: number, after: number): number {
  if (before === after) return 0;
  return before === 0 ? Number.POSITIVE_INFINITY : (after - before) / before;
}

/** Whether a name that is in both traces takes more time than a gate allows. */
export function judge(difference: Difference, gate: Gate): Verdict {
  const { before, after, relativeMean, relativeP95, relativeTotal } = difference;
  // If none of that name was ended in one of them, there is nothing to compare.
  if (!hasEnded(before) || !hasEnded(after)) return 'passed';
  const { limit, total, minCalls, minChange } = gate;
  const fewest = Math.min(before.count, after.count);
  const verdict = (grown: number | undefined, calls: number, cost: number): Verdict => {
    if ((grown ?? 0) <= limit) return 'passed';
    return calls >= minCalls && cost >= minChange ? 'grown' : 'noise';
  };
  if (total) {
    const most = Math.max(before.count, after.count);
    return verdict(relativeTotal, most, difference.totalChange);
  }
  const mean = verdict(relativeMean, fewest, costOfMean(difference) ?? 0);
  // The slowest calls, as many as lie beyond the p95.
  const cost = (after.p95 - before.p95) * after.count * P95_PART;
  const p95 = verdict(relativeP95, fewest, cost);
  const verdicts = [mean, p95 === 'grown' && fewest < P95_CALLS ? 'noise' : p95];
  return verdicts.includes('grown') ? 'grown' : verdicts.includes('noise') ? 'noise' : 'passed';
}

/** What the change of a call makes over all calls of the second trace. */
function costOfMean({ meanChange, after }: Difference): number | undefined {
  return meanChange === undefined ? undefined : meanChange * (after?.count ?? 0);
}
