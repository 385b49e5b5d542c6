import type { StringTable } from '../timeline/string-table.js';
import { threadKey } from '../timeline/timed-event.js';
import type { Call } from './call.js';
import { Durations } from './durations.js';
import type { Names } from './names.js';
import type { GroupBy, GroupSummary } from './summary.js';

interface Group {
  readonly label: () => string;
  readonly durations: Durations;
  slices: number;
  operations: number;
  unfinished: number;
  self: number;
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
    const group = this.#group(call);
    if (call.kind === 'slice') group.slices++;
    else group.operations++;
    if (call.end === Number.POSITIVE_INFINITY) {
      group.unfinished++;
      group.unfinishedTime += traceEnd - call.start;
      return;
    }
    group.durations.add(call.end - call.start);
    group.self += call.self;
  }

  summaries(wall: number): GroupSummary[] {
    return Array.from(this.#groups.values(), (group) => summaryOf(group, wall));
  }

  #group(call: Call): Group {
    const by = this.#by;
    const key =
      by === 'name'
        ? call.name
        : by === 'category'
          ? call.category
          : threadKey(call.pid, call.tid ?? '');
    return this.#groups.get(key) ?? this.#add(key, call);
  }

  /** Apart from the look-up, which would make room for what is kept here with every call. */
  #add(key: number | string, { name, category, pid, tid }: Call): Group {
    const by = this.#by;
    const label =
      by !== 'thread'
        ? () => this.#strings.text(by === 'name' ? name : category)
        : () => (tid === undefined ? this.#names.process(pid) : this.#names.thread(pid, tid));
    const group: Group = {
      label,
      durations: new Durations(),
      slices: 0,
      operations: 0,
      unfinished: 0,
      self: 0,
      unfinishedTime: 0,
    };
    this.#groups.set(key, group);
    return group;
  }
}

function summaryOf(group: Group, wall: number): GroupSummary {
  const { durations, slices, operations, self, unfinished, unfinishedTime } = group;
  const { count, total, mean, max } = durations;
  return {
    key: group.label(),
    kind: operations === 0 ? 'slice' : slices === 0 ? 'async' : 'both',
    count,
    total,
    self: slices === 0 ? undefined : self,
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
