import type { Lineage } from '../format/format.js';
import type { IdSource } from './ids.js';
import type { InsideState, LineageState } from './state.js';

/** A call in which a thread is: its id in the process, and what is written of it in events that belong to it. */
export interface Inside {
  readonly call: number;
  readonly lineage: Lineage;
}

/** What a record says of where its thread is: the ids of the call, and of the outermost one around it. */
export function insideOf(ids: IdSource, call: number, root: number): Inside | undefined {
  if (!(call > 0)) return undefined;
  const parent = call === root ? undefined : ids.call(call);
  return { call, lineage: { id: undefined, root: ids.call(root), parent, encoded: undefined } };
}

/** What is written in the event of a call, which may belong to another one. */
export function asCall(ids: IdSource, id: number, outer: Lineage | undefined): Lineage {
  return { id: ids.call(id), root: outer?.root, parent: outer?.parent, encoded: undefined };
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
