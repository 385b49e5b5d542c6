import { asyncIdentity, flowId, joinFlowId, splitFlowId } from '../../trace-event/ids.js';
import { isAsync, isFlow, renewedAsync } from '../../trace-event/phases.js';
import type { RawEvent } from '../source/entries.js';
import { SpillSorter } from '../timeline/spill-sorter.js';
import { hash } from '../timeline/timed-event.js';

/** Flows get ids from here on, to here: few programs use such. */
const FIRST_NEW_FLOW = 1n << 63n;
const END_OF_FLOWS = 1n << 64n;
/** How an id begins that was made for an earlier merge. */
const MADE = /^file (\d{1,9})[:,] /;
const [ASYNC, FLOW] = [0, 1];

/**
 * Finds ids with which several files begin something, and gives others to all but the first of these
 * files. An id that only one file begins stays as it is: if another file ends it, that joins the two
 * on purpose.
 */
export class Identities {
  readonly #sorter = new SpillSorter({ sortedBy: ['kind', 'high', 'low', 'file'] });
  /** What an id becomes, or a prefix for it, by file, kind and id. */
  readonly #changes = new Map<string, string>();
  /** The highest number of a file in ids that were made for earlier merges. */
  #highestFile = 0;

  /** In the first pass over the files: takes each event. */
  take(file: number, event: RawEvent): void {
    if ((renewedAsync(event) ?? event.ph) === 'b') {
      const key = asyncKey(event);
      if (key === undefined) return;
      this.#add(ASYNC, hash(key), file);
      const [, made] = MADE.exec(String(asyncIdentity(event).id)) ?? [];
      if (made !== undefined) this.#highestFile = Math.max(this.#highestFile, Number(made));
    } else if (event.ph === 's') {
      const id = flowId(event.id);
      if (id !== undefined) this.#add(FLOW, splitFlowId(id), file);
    }
  }

  #add(kind: number, [high, low]: readonly [number, number], file: number): void {
    this.#sorter.add({ kind, high, low, file });
  }

  /** Finds out which ids have to change, when all events of all files were taken. */
  findCollisions(): void {
    let [lastKind, lastHigh, lastLow, firstFile] = [-1, -1, -1, -1];
    const flows: string[] = [];
    const free = new FreeFlows();
    for (const { kind, high, low, file } of this.#sorter.sorted()) {
      if (kind !== lastKind || high !== lastHigh || low !== lastLow) {
        [lastKind, lastHigh, lastLow, firstFile] = [kind, high, low, file];
        if (kind === FLOW) free.take(joinFlowId(high, low));
      } else if (file !== firstFile) {
        const key = `${file} ${kind} ${high} ${low}`;
        if (this.#changes.has(key)) continue;
        this.#changes.set(key, `file ${this.#highestFile + file + 1}`);
        if (kind === FLOW) flows.push(key);
      }
    }
    let next = free.first();
    for (const key of flows) this.#changes.set(key, `0x${(next++).toString(16)}`);
  }

  /** In the second pass: gives an event another id if it needs one. True if it was changed. */
  change(file: number, event: Record<string, unknown>): boolean {
    if (this.#changes.size === 0) return false;
    const { ph } = event;
    if (isFlow(ph)) {
      const id = flowId(event['id']);
      const changed = id && this.#changes.get([file, FLOW, ...splitFlowId(id)].join(' '));
      if (changed !== undefined && changed !== 0n) event['id'] = changed;
      return typeof changed === 'string';
    }
    if (!isAsync(renewedAsync(event) ?? ph)) return false;
    const key = asyncKey(event);
    if (key === undefined) return false;
    const name = this.#changes.get([file, ASYNC, ...hash(key)].join(' '));
    if (name === undefined) return false;
    const { id } = asyncIdentity(event);
    // A number is another id than its text.
    event['id'] = typeof id === 'number' ? `${name}, ${id}` : `${name}: ${String(id)}`;
    delete event['id2'];
    return true;
  }

  get changed(): number {
    return this.#changes.size;
  }

  close(): void {
    this.#sorter.close();
  }
}

/** Finds ids for flows that none has: the widest gap between those that there are, of the high ones. */
class FreeFlows {
  #before = FIRST_NEW_FLOW - 1n;
  #gap = { from: FIRST_NEW_FLOW, length: 0n };

  /** Takes the ids that there are, the lowest first. */
  take(id: bigint): void {
    if (id < FIRST_NEW_FLOW) return;
    const length = id - this.#before;
    if (length > this.#gap.length) this.#gap = { from: this.#before + 1n, length };
    this.#before = id;
  }

  /** The first one of the gap, when all were taken. */
  first(): bigint {
    this.take(END_OF_FLOWS);
    return this.#gap.from;
  }
}

/** An async operation by its category and id; undefined if the id is local to a process. */
function asyncKey(event: RawEvent): string | undefined {
  const { id, local } = asyncIdentity(event);
  return local ? undefined : JSON.stringify([event.cat, id]);
}
