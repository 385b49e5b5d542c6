import type { StringTable } from '../timeline/string-table.js';
import { threadKey } from '../timeline/timed-event.js';
import type { Call, CallKind } from './call.js';
import { Durations } from './durations.js';
import type { Names } from './names.js';
import type { GroupBy, GroupSummary } from './summary.js';

interface Group {
  readonly label: () => string;
  readonly durations: Durations;
  readonly counts: Record<CallKind, number>;
  self: number;
  unfinished: number;
  /** Time from the begins of those that were never ended to the end of the trace. */
  unfinishedTime: number;
}

/** Slices and operations by name, category or thread. */
export class Groups {
  readonly #by: GroupBy;
  readonly #strings: StringTable;
  readonly #names: Names;
  readonly #groups = new Map<number | string, Group>();

  constructor(by: GroupBy, strings: StringTable, names: Names) {
    this.#by = by;
    this.#strings = strings;
    this.#names = names;
  }

  /** @param traceEnd Until when what was never ended was open. */
  take(call: Call, traceEnd: number): void {
    const { kind, start, end, self } = call;
    const group = this.#group(call);
    group.counts[kind]++;
    if (end === Number.POSITIVE_INFINITY) {
      group.unfinished++;
      group.unfinishedTime += traceEnd - start;
      return;
    }
    group.durations.add(end - start);
    group.self += self;
  }

  summaries(wall: number): GroupSummary[] {
    return Array.from(this.#groups.values(), (group) => summaryOf(group, wall));
  }

  #group({ name, category, pid, tid }: Call): Group {
    const by = this.#by;
    const text = by === 'name' ? name : category;
    const key = by === 'thread' ? threadKey(pid, tid ?? '') : text;
    let group = this.#groups.get(key);
    if (group === undefined) {
      const label =
        by !== 'thread'
          ? () => this.#strings.text(text)
          : () => (tid === undefined ? this.#names.process(pid) : this.#names.thread(pid, tid));
      group = {
        label,
        durations: new Durations(),
        counts: { slice: 0, async: 0 },
        self: 0,
        unfinished: 0,
        unfinishedTime: 0,
      };
      this.#groups.set(key, group);
    }
    return group;
  }
}

function summaryOf(group: Group, wall: number): GroupSummary {
  const { durations, counts, self, unfinished, unfinishedTime } = group;
  const { count, total, mean, max } = durations;
  return {
    key: group.label(),
    kind: counts.async === 0 ? 'slice' : counts.slice === 0 ? 'async' : 'both',
    count,
    total,
    self: counts.slice === 0 ? undefined : self,
    mean,
    p50: durations.quantile(0.5),
    p95: durations.quantile(0.95),
    p99: durations.quantile(0.99),
    max,
    share: wall === 0 ? 0 : total / wall,
    meanOpen: wall === 0 ? 0 : (total + unfinishedTime) / wall,
    unfinished,
  };
}
