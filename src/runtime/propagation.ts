import { randomBytes } from 'node:crypto';
import { currentCall } from '../recorder/api/operation-context.js';
import type { CallSpan } from '../recorder/api/span.js';
import type { Tracer } from '../recorder/api/tracer.js';
import { CALLER_ID, REQUEST_FLOW, SPAN_ID, TRACE_ID } from '../trace-event/lineage.js';
import { Operation } from './operation.js';
import type { Propagate } from './settings.js';
import type { TraceContext } from './traceparent.js';

const CATEGORY = 'http';

/** Where a request goes to. */
interface Destination {
  /** A name or an address. */
  readonly hostname: string;
  /** The same with the port, unless that is the default one: as in the header `host`. */
  readonly host: string;
}

/** Gives out what requests carry that are made in this thread. */
export class Propagation {
  readonly #tracer: Tracer;
  readonly #propagate: Propagate;

  constructor(tracer: Tracer, propagate: Propagate) {
    this.#tracer = tracer;
    this.#propagate = propagate;
  }

  /** What a request carries that is made here and now; undefined where it goes without. */
  contextFor(destination: Destination): TraceContext | undefined {
    const { recorder } = this.#tracer;
    if (recorder === undefined || this.#propagate === 'none') return undefined;
    const root = currentCall(recorder)?.root;
    if (!this.#reaches(destination, root)) return undefined;
    const spanId = nextSpanId();
    return { traceId: traceIdOf(root) ?? `${TRACE_PREFIX}${spanId}`, spanId };
  }

  #reaches({ hostname, host }: Destination, root: CallSpan | undefined): boolean {
    if (this.#propagate === 'all' || isLoopback(hostname)) return true;
    if (this.#propagate !== 'same-origin' || !(root instanceof Operation)) return false;
    return root.host?.toLowerCase() === host.toLowerCase();
  }
}

const LOOPBACK = /^(?:(?:.*\.)?localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;

function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** The arguments of the side that sends a request. */
export function sentArguments({ traceId, spanId }: TraceContext): Record<string, unknown> {
  return { [TRACE_ID]: traceId, [SPAN_ID]: spanId };
}

/** The arguments of the side that it comes to. */
export function receivedArguments({ traceId, spanId }: TraceContext): Record<string, unknown> {
  return { [TRACE_ID]: traceId, [CALLER_ID]: spanId };
}

/** The arrow to the other side starts here. */
export function startFlow({ recorder }: Operation, context: TraceContext): void {
  recorder.crossingFlow('start', REQUEST_FLOW, CATEGORY, flowIdOf(context));
}

/** A request has come with a context: the arrow ends here, and what it leads to is part of that trace. */
export function receive(operation: Operation, context: TraceContext): void {
  operation.traceId = context.traceId;
  operation.recorder.crossingFlow('end', REQUEST_FLOW, CATEGORY, flowIdOf(context));
}

function flowIdOf({ spanId }: TraceContext): string {
  return `0x${spanId}`;
}

/** The first half of the trace ids that this thread makes. */
const TRACE_PREFIX = randomHex(8);

/** All that one call has led to is one trace: the one that it came with, or one of its own. */
function traceIdOf(root: CallSpan | undefined): string | undefined {
  if (root instanceof Operation && root.traceId !== undefined) return root.traceId;
  return root && `${TRACE_PREFIX}${root.id.toString(16).padStart(16, '0')}`;
}

// Random by thread and counted in it: to ask the system for each would cost a microsecond.
const COUNTER_DIGITS = 6;
const COUNTERS = 16 ** COUNTER_DIGITS;
let spanPrefix = '';
let lastSpan = COUNTERS - 1;

function nextSpanId(): string {
  lastSpan++;
  if (lastSpan === COUNTERS) {
    spanPrefix = randomHex(5);
    // 0 would make an id of nothing but zeros possible, which stands for none.
    lastSpan = 1;
  }
  return `${spanPrefix}${lastSpan.toString(16).padStart(COUNTER_DIGITS, '0')}`;
}

function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
