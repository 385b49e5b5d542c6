import { currentCall, enterFrom } from '../recorder/api/operation-context.js';
import type { CallSpan } from '../recorder/api/span.js';
import type { Tracer } from '../recorder/api/tracer.js';
import type { Args } from '../trace-event/events.js';
import { beginOperation, errorOutcome, type Operation } from './operation.js';
import type { Undo } from './undo.js';

/** How a call is drawn. */
export interface CallShape {
  readonly name: string;
  readonly args: Args;
}

/** What a package publishes on the channels of one call, the same object on all of them. */
interface TracedCall {
  readonly error?: unknown;
}

interface OpenCall {
  readonly operation: Operation;
  /** In which the call was made. */
  readonly caller: CallSpan | undefined;
}

/**
 * Records the calls that a package tells of by a `TracingChannel`: each is an operation until its promise
 * has settled, or its callback is called. The callback runs inside of what the call was made in, and
 * not inside of what the connection that it waited for was made in.
 */
export function traceChannel<Call extends object>(
  undo: Undo,
  tracer: Tracer,
  name: string,
  category: string,
  describe: (call: Call) => CallShape,
): void {
  const channel = (event: string) => `tracing:${name}:${event}`;
  const open = new WeakMap<object, OpenCall>();
  const finish = (message: TracedCall) => {
    const { error } = message;
    const outcome = error === undefined ? undefined : errorOutcome(error);
    open.get(message)?.operation.finish(outcome);
  };
  undo.subscribe(channel('start'), (message: Call & TracedCall) => {
    const { name: drawnAs, args } = describe(message);
    const { recorder } = tracer;
    const caller = recorder && currentCall(recorder);
    const operation = beginOperation(tracer, drawnAs, category, args);
    if (operation !== undefined) open.set(message, { operation, caller });
  });
  // The call has returned: it goes on unless it has thrown, or has its result.
  undo.subscribe(channel('end'), (message: Call & TracedCall) => {
    if (message.error !== undefined || 'result' in message) finish(message);
  });
  // Before its callback is called.
  undo.subscribe(channel('asyncStart'), finish);
  undo.add(
    enterFrom(channel('asyncStart'), (message: Call & TracedCall) => open.get(message)?.caller),
  );
}
