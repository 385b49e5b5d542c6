import { splitFlowId } from '../../trace-event/ids.js';
import { SpillSorter } from '../timeline/spill-sorter.js';
import type { StringTable } from '../timeline/string-table.js';
import type { TimedEvent } from '../timeline/timed-event.js';

/** One flow: its points, in the order of time, each with the thread that it is on. */
export interface Chain {
  readonly indices: readonly number[];
  readonly starts: readonly number[];
  readonly threads: readonly number[];
}

/** A flow with more points is taken as several: only what is in the memory can be kept or left as a whole. */
const MAX_POINTS = 100_000;

/** The flows of a trace, one after the other: from a start to the last point before the next start. */
export class FlowChains {
  readonly #strings: StringTable;
  readonly #sorter = new SpillSorter({
    sortedBy: ['idHigh', 'idLow', 'kind', 'start', 'index'],
    others: ['thread', 'isStart'],
  });

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  /** Takes a point of a flow. One without an id that viewers read is passed over. */
  add({ name, cat, start, index, flow }: TimedEvent, thread: number): void {
    if (flow?.phase === undefined || flow.id === undefined) return;
    const [idHigh, idLow] = splitFlowId(flow.id);
    const kind = this.#strings.number(flow.bound ? '' : JSON.stringify([cat, name]));
    const isStart = flow.phase === 's' ? 1 : 0;
    this.#sorter.add({ idHigh, idLow, kind, start, index, thread, isStart });
  }

  /** Can be called once. */
  *chains(): Generator<Chain> {
    let chain = { indices: [] as number[], starts: [] as number[], threads: [] as number[] };
    let [high, low, kind] = [-1, -1, -1];
    for (const row of this.#sorter.sorted()) {
      const isOther = row.idHigh !== high || row.idLow !== low || row.kind !== kind;
      if (isOther || row.isStart === 1 || chain.indices.length === MAX_POINTS) {
        if (chain.indices.length > 0) yield chain;
        chain = { indices: [], starts: [], threads: [] };
        [high, low, kind] = [row.idHigh, row.idLow, row.kind];
      }
      chain.indices.push(row.index);
      chain.starts.push(row.start);
      chain.threads.push(row.thread);
    }
    if (chain.indices.length > 0) yield chain;
  }

  /** Gives the temporary file back. Has to be called, and can be called again. */
  close(): void {
    this.#sorter.close();
  }
}
