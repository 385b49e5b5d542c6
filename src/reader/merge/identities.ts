import { asyncIdentity, flowId, splitFlowId } from '../../trace-event/ids.js';
import { isAsync, isFlow, renewedAsync } from '../../trace-event/phases.js';
import type { RawEvent } from '../source/entries.js';
import { SpillSorter } from '../timeline/spill-sorter.js';
import { hash } from '../timeline/timed-event.js';

const FIRST_NEW_FLOW = 1n << 63n;
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
  #nextFlow = FIRST_NEW_FLOW;

  /** In the first pass over the files: takes each event. */
  take(file: number, event: RawEvent): void {
    if ((renewedAsync(event) ?? event.ph) === 'b') {
      const key = asyncKey(event);
      if (key !== undefined) this.#add(ASYNC, hash(key), file);
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
    for (const { kind, high, low, file } of this.#sorter.sorted()) {
      if (kind !== lastKind || high !== lastHigh || low !== lastLow) {
        [lastKind, lastHigh, lastLow, firstFile] = [kind, high, low, file];
      } else if (file !== firstFile) {
        const key = `${file} ${kind} ${high} ${low}`;
        if (this.#changes.has(key)) continue;
        const flow = `0x${(this.#nextFlow++).toString(16)}`;
        this.#changes.set(key, kind === FLOW ? flow : `file ${file + 1}: `);
      }
    }
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
    const prefix = this.#changes.get([file, ASYNC, ...hash(key)].join(' '));
    if (prefix === undefined) return false;
    event['id'] = `${prefix}${String(asyncIdentity(event).id)}`;
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

/** An async operation by its category and id; undefined if the id is local to a process. */
function asyncKey(event: RawEvent): string | undefined {
  const { id, local } = asyncIdentity(event);
  return local ? undefined : JSON.stringify([event.cat, id]);
}
