import { joinFlowId, splitFlowId } from '../../../trace-event/ids.js';
import { REQUEST_FLOW } from '../../../trace-event/lineage.js';
import { hash } from '../../timeline/timed-event.js';

/**
 * The ids of flows among all flows: in Chrome's format, those of one id that have another category or name
 * are others. Those that lead to other processes keep theirs, as the other side has the same.
 */
export class FlowNumbers {
  /** The kind of the flow that came first: the ids of this kind stay as they are. */
  #first: string | undefined;

  of(id: bigint, bound: boolean, name: string, cat: string): bigint {
    const kind = bound ? 'bound' : `${cat}\n${name}`;
    this.#first ??= kind;
    if (kind === this.#first || name === REQUEST_FLOW) return id;
    const [high, low] = hash(kind);
    const [idHigh, idLow] = splitFlowId(id);
    return joinFlowId((idHigh ^ high) >>> 0, (idLow ^ low) >>> 0);
  }
}
