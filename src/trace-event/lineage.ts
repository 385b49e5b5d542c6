/**
 * Arguments that say what an event belongs to. A call is what other events can belong to: an async
 * operation, or the slice of `trace()`. Calls are named by a text that is unique in all traces.
 */

/** Of a call: how others name it. */
export const OWN_ID = 'op.id';
/** Of what was begun inside of calls: the outermost one. */
export const ROOT_ID = 'op.root';
/** The innermost one, where that is not the outermost. */
export const PARENT_ID = 'op.parent';
