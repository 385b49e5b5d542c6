import { randomBytes } from 'node:crypto';
import { currentCall } from '../recorder/api/operation-context.js';
import type { CallSpan } from '../recorder/api/span.js';
import type { Tracer } from '../recorder/api/tracer.js';
import { CALLER_ID, REQUEST_FLOW, SPAN_ID, TRACE_ID } from '../trace-event/lineage.js';
import { beginOperation, beginRequest, Operation } from './operation.js';
import type { Propagate } from './settings.js';
import { headerOf, readHeader, type TraceContext } from './traceparent.js';

const CATEGORY = 'http';

/** Where a request goes to. */
interface Destination {
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
    const context = destination && this.#contextFor(destination);
    if (context !== undefined) {
      args[TRACE_ID] = context.traceId;
      args[SPAN_ID] = context.spanId;
    }
    const operation = beginOperation(this.#tracer, name, CATEGORY, args);
    if (operation !== undefined && context !== undefined) {
      addHeader(headerOf(context));
      // The arrow to the other side.
      crossFlow('start', operation, context);
    }
    return operation;
  }

  /** What a request carries; undefined where it goes without. */
  #contextFor(destination: Destination): TraceContext | undefined {
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

/**
 * Begins what a server does for a request. If that has come with the header, it is part of the trace that
 * the header names, and the arrow from the other side ends here.
 */
export function beginReceived(
  tracer: Tracer,
  name: string,
  args: Record<string, unknown>,
  header: unknown,
): Operation | undefined {
  const context = typeof header === 'string' ? readHeader(header) : undefined;
  if (context !== undefined) {
    args[TRACE_ID] = context.traceId;
    args[CALLER_ID] = context.spanId;
  }
  const operation = beginRequest(tracer, name, CATEGORY, args);
  if (operation !== undefined && context !== undefined) {
    operation.traceId = context.traceId;
    crossFlow('end', operation, context);
  }
  return operation;
}

function crossFlow(
  point: 'start' | 'end',
  { recorder }: Operation,
  { spanId }: TraceContext,
): void {
  recorder.crossingFlow(point, REQUEST_FLOW, CATEGORY, `0x${spanId}`);
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
