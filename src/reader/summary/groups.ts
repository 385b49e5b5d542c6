import type { StringTable } from '../timeline/string-table.js';
import { threadKey } from '../timeline/timed-event.js';
import type { Call } from './call.js';
import { Durations } from './durations.js';
import type { Names } from './names.js';
import type { GroupBy, GroupSummary } from './summary.js';

interface Group {
  readonly label: () => string;
  readonly durations: Durations;
  /** Where in the file the first of its calls begins. */
  offset: number;
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
  /** By the number of their name or category: a list, as there is a look-up for each call. */
  readonly #byText: (Group | undefined)[] = [];
  readonly #byThread = new Map<string, Group>();

  constructor(by: GroupBy, strings: StringTable, names: Names) {
    this.#by = by;
    this.#strings = strings;
    this.#names = names;
  }

  /** @param traceEnd Until when what was never ended was open. */
  take(call: Call, traceEnd: number): void {
    const group = this.#group(call);
    if (call.offset < group.offset) group.offset = call.offset;
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

  /** Those with slices first, each kind in the order of the file: calls may have come in any order. */
  summaries(wall: number): GroupSummary[] {
    return [...this.#byText, ...this.#byThread.values()]
      .filter((group) => group !== undefined)
      .sort((a, b) => Number(a.slices === 0) - Number(b.slices === 0) || a.offset - b.offset)
      .map((group) => summaryOf(group, wall));
  }

  #group(call: Call): Group {
    if (this.#by === 'thread') {
      const key = threadKey(call.pid, call.tid ?? '');
      let group = this.#byThread.get(key);
      if (group === undefined) {
        group = this.#newGroup(call);
        this.#byThread.set(key, group);
      }
      return group;
    }
    const number = this.#by === 'name' ? call.name : call.category;
    return this.#byText[number] ?? this.#addText(number, call);
  }

  #addText(number: number, call: Call): Group {
    const group = this.#newGroup(call);
    while (this.#byText.length < number) this.#byText.push(undefined);
    this.#byText[number] = group;
    return group;
  }

  /**
   * Not in `#group`, which runs for every call: with the closures in it, it would allocate a context for them
   * each time, also where the group is known.
   */
  #newGroup({ name, category, pid, tid }: Call): Group {
    const by = this.#by;
    const label =
      by !== 'thread'
        ? () => this.#strings.text(by === 'name' ? name : category)
        : () => (tid === undefined ? this.#names.process(pid) : this.#names.thread(pid, tid));
    return {
      label,
      durations: new Durations(),
      offset: Number.POSITIVE_INFINITY,
      slices: 0,
      operations: 0,
      unfinished: 0,
      self: 0,
      unfinishedTime: 0,
    };
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
