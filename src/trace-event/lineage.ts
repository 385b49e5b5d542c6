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

/**
 * Of an operation that lies in one of another category: its own. In Chrome's format those of one category and one
 * id lie in each other, so it is written with that of the outermost one.
 */
export const OWN_CATEGORY = 'category';

/**
 * The same between processes, by the ids of W3C trace context, which a request carries in its header
 * `traceparent`. Of both sides of the request: the trace that they are part of.
 */
export const TRACE_ID = 'trace.id';
/** Of the side that sends it: how the header names it. */
export const SPAN_ID = 'trace.span';
/** Of the side that it comes to: what the header names. */
export const CALLER_ID = 'trace.parent';
/**
 * The name of the flow from one side to the other. Each process writes its own end of it, and the file of
 * one alone may hold an end without a start: the two meet where the files are merged.
 */
export const REQUEST_FLOW = 'traceparent';
