import { ID_BASE, ID_STREAM_FACTOR } from '../arena/records.js';
import type { Lineage } from '../format/format.js';
import type { InsideState, LineageState } from './state.js';

/**
 * A call in which a thread is: its id in the process, and what is written of it in events that belong to
 * it.
 */
export interface Inside {
  readonly call: number;
  readonly lineage: Lineage;
}

/** What a record says of where its thread is: the ids of the call, and of the outermost one around it. */
export function insideOf(call: number, root: number): Inside | undefined {
  if (!isIdOfCall(call) || !isIdOfCall(root)) return undefined;
  const parent = call === root ? undefined : call;
  return { call, lineage: { id: undefined, root, parent, encoded: undefined } };
}

/** 0 stands for none; only a damaged record holds anything else that is no id. */
function isIdOfCall(id: number): boolean {
  return Number.isInteger(id) && id >= ID_BASE && id < ID_BASE * ID_STREAM_FACTOR;
}

/** What is written in the event of a call, which may belong to another one. */
export function asCall(id: number, outer: Lineage | undefined): Lineage {
  return { id, root: outer?.root, parent: outer?.parent, encoded: undefined };
}

export function saveInside({ call, lineage }: Inside): InsideState {
  return [call, saveLineage(lineage)];
}

export function restoreInside([call, lineage]: InsideState): Inside {
  return { call, lineage: restoreLineage(lineage) };
}

export function saveLineage({ id, root, parent }: Lineage): LineageState {
  return [id, root, parent];
}

export function restoreLineage([id, root, parent]: LineageState): Lineage {
  return { id, root, parent, encoded: undefined };
}
