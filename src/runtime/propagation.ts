import { randomHex } from '../intrinsics/random.js';
import { currentCall } from '../recorder/api/operation-context.js';
import type { CallSpan } from '../recorder/api/span.js';
import type { Tracer } from '../recorder/api/tracer.js';
import { CALLER_ID, REQUEST_FLOW, SPAN_ID, TRACE_ID } from '../trace-event/lineage.js';
import { beginOperation, beginRequest, Operation } from './operation.js';
import type { Propagate } from './settings.js';
import { headerOf, readHeader, type TraceContext } from './traceparent.js';

const CATEGORY = 'http';

/** Where a request goes to, or a message. */
export interface Destination {
  /** A name or an address. */
  readonly hostname: string;
  /** The same with the port, unless that is the default one: as in the header `host`. */
  readonly host: string;
}

/** Begins requests that are made in this thread, with what they carry. */
export class Propagation {
  readonly #tracer: Tracer;
  readonly #propagate: Propagate;

  constructor(tracer: Tracer, propagate: Propagate) {
    this.#tracer = tracer;
    this.#propagate = propagate;
  }

  /**
   * Begins a request that is made here and now. If it carries the header, `addHeader` puts that there. One
   * that cannot have it is given without a destination.
   */
  begin(
    name: string,
    args: Record<string, unknown>,
    destination: Destination | undefined,
    addHeader: (text: string) => void,
  ): Operation | undefined {
    const context = destination && this.contextFor(destination);
    if (context !== undefined) Object.assign(args, idsOf(context));
    const operation = beginOperation(this.#tracer, name, CATEGORY, args);
    if (operation !== undefined && context !== undefined) {
      addHeader(headerOf(context));
      crossFlow('start', operation.recorder, CATEGORY, context);
    }
    return operation;
  }

  /** The same for a request that was begun before it could be sent. */
  carry(operation: Operation, destination: Destination, addHeader: (text: string) => void): void {
    const context = this.contextFor(destination);
    if (context === undefined) return;
    operation.set(idsOf(context));
    addHeader(headerOf(context));
    crossFlow('start', operation.recorder, CATEGORY, context);
  }

  /** What a request carries, or a message; undefined where it goes without. */
  contextFor(destination: Destination): TraceContext | undefined {
    const { recorder } = this.#tracer;
    if (recorder === undefined || this.#propagate === 'none') return undefined;
    const root = currentCall(recorder)?.root;
    if (!this.#reaches(destination, root)) return undefined;
    const spanId = nextSpanId();
    return { traceId: traceIdOf(root) ?? `${prefix()}${spanId}`, spanId };
  }

  #reaches({ hostname, host }: Destination, root: CallSpan | undefined): boolean {
    if (this.#propagate === 'all' || isLoopback(hostname)) return true;
    if (this.#propagate !== 'same-origin' || !(root instanceof Operation)) return false;
    return root.host?.toLowerCase() === host.toLowerCase();
  }
}

const LOOPBACK = /^(?:(?:.*\.)?localhost|(?:::ffff:)?127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;

function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** Begins what a server does for a request, with what that carries. */
export function beginReceived(
  tracer: Tracer,
  name: string,
  args: Record<string, unknown>,
  header: unknown,
): Operation | undefined {
  const context = readReceived(header, args);
  const operation = beginRequest(tracer, name, CATEGORY, args);
  if (operation !== undefined && context !== undefined) joinTrace(operation, context);
  return operation;
}

/** What a request says of what it carries, or a message, on the side that sends it. */
export function idsOf({ traceId, spanId }: TraceContext): Record<string, string> {
  return { [TRACE_ID]: traceId, [SPAN_ID]: spanId };
}

/** What has come with a request, or a message, whose arguments say so then. */
export function readReceived(
  header: unknown,
  args: Record<string, unknown>,
): TraceContext | undefined {
  const context = typeof header === 'string' ? readHeader(header) : undefined;
  if (context !== undefined) {
    args[TRACE_ID] = context.traceId;
    args[CALLER_ID] = context.spanId;
  }
  return context;
}

/**
 * What is done for something is part of the trace that has come with it. The arrow from the other side
 * ends here.
 */
export function joinTrace(operation: Operation, context: TraceContext): void {
  operation.traceId = context.traceId;
  crossFlow('end', operation.recorder, operation.category, context);
}

/** The end of the arrow that leads from what sends something to what takes it, on one of both sides. */
export function crossFlow(
  point: 'start' | 'end',
  recorder: Operation['recorder'],
  category: string,
  { spanId }: TraceContext,
): void {
  recorder.crossingFlow(point, REQUEST_FLOW, category, `0x${spanId}`);
}

let tracePrefix = '';

/** The first half of the trace ids that this thread makes. */
function prefix(): string {
  tracePrefix ||= randomHex(8);
  return tracePrefix;
}

/** All that one call has led to is one trace: the one that it came with, or one of its own. */
function traceIdOf(root: CallSpan | undefined): string | undefined {
  if (root instanceof Operation && root.traceId !== undefined) return root.traceId;
  return root && `${prefix()}${root.id.toString(16).padStart(16, '0')}`;
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
