import { runInside } from '../../recorder/api/operation-context.js';
import type { Tracer } from '../../recorder/api/tracer.js';
import type { FlowId } from '../../recorder/types.js';
import type { Args } from '../../trace-event/events.js';
import { finishWith, runOrFail } from '../calls.js';
import { guarded } from '../guard.js';
import { beginFromOutside, beginOperation } from '../operation.js';
import {
  crossFlow,
  type Destination,
  idsOf,
  joinTrace,
  Propagation,
  readReceived,
} from '../propagation.js';
import type { Propagate } from '../settings.js';
import { headerOf, type TraceContext } from '../traceparent.js';

const CATEGORY = 'queue';
/**
 * So many messages that were sent are remembered, and as many of a batch drawn; of more, the oldest are
 * forgotten.
 */
export const MAX_SENT = 1000;

/** Where what does not leave this machine goes to. */
const HERE: Destination = { hostname: 'localhost', host: 'localhost' };

/** Where messages go through. */
export interface Queue {
  /** As OpenTelemetry calls it: `rabbitmq`. */
  readonly system: string;
  readonly name: string;
}

/** A message, as it is sent and as it is taken. */
export interface Message {
  readonly queue: Queue;
  /** By what both ends know it: asked for only where a flow needs it. */
  key(): string | undefined;
  /** As the program sees it, where it has one. */
  readonly id?: string | undefined;
}

/** Has a message carry what it belongs to: by a header of W3C trace context. */
export type AddHeader = (text: string) => void;

/** A message that has come. */
interface Arrival {
  /** See {@link Message.key}. */
  key(): string | undefined;
  /** What it carries, if anything. */
  readonly header: unknown;
}

/** Of messages that are sent together; undefined for those that carry something. */
type Flows = readonly (FlowId | undefined)[];

/**
 * Messages from whoever sends one to what takes it. What takes one is an operation of its own, as a
 * request is. A flow leads there from where it was sent: by what the message carries, from anywhere; else
 * where this thread has sent it.
 */
export class Messages {
  readonly #tracer: Tracer;
  readonly #propagation: Propagation;
  /** The flows of messages that are on their way, by what both ends know them by. */
  readonly #sent = new Map<string, FlowId>();

  constructor(tracer: Tracer, propagate: Propagate) {
    this.#tracer = tracer;
    this.#propagation = new Propagation(tracer, propagate);
  }

  /**
   * Sends a message by a call that is over when it returns. One that cannot carry anything is given without a
   * server.
   */
  send<T>(
    message: Message | undefined,
    server: Destination | undefined,
    addHeader: AddHeader,
    run: () => T,
  ): T {
    if (message === undefined) return run();
    const { queue, id } = message;
    const name = nameOf('send', queue.name);
    const args = attributesOf(queue, 'send', { id });
    const context = this.#carry(server, addHeader);
    if (context !== undefined) Object.assign(args, idsOf(context));
    return this.#inSlice(name, args, () => {
      if (context === undefined) this.#remember(message.key(), this.#startFlow(name));
      else this.#leave(context);
      return run();
    });
  }

  /**
   * Sends messages by a call whose promise tells how both ends know them: for each a function that has it
   * carry something, or undefined where it cannot.
   */
  sendLater<T>(
    queue: Queue,
    server: Destination | undefined,
    messages: readonly (AddHeader | undefined)[],
    run: () => T,
    keysOf: (sent: never) => readonly (string | undefined)[],
  ): T {
    const { name, args, contexts } = this.#prepare(queue, server, messages);
    const operation = beginOperation(this.#tracer, name, CATEGORY, args);
    if (operation === undefined) return run();
    const remember = guarded((flows: Flows, sent: unknown) =>
      this.#rememberAll(flows, keysOf(sent as never)),
    );
    return runOrFail(operation, () =>
      this.#inSlice(name, args, () => {
        const flows = this.#startFlows(queue, contexts);
        return finishWith(operation, run(), (sent) => remember(flows, sent));
      }),
    );
  }

  /**
   * Runs a call, until its promise has settled, which sends messages to one or more queues: in it, what
   * is on its way to each goes by {@link Messages.post}.
   */
  sendBy<T>(
    system: string,
    queues: readonly string[],
    count: number,
    run: () => T,
    sent?: (result: unknown) => void,
  ): T {
    const [queue] = queues;
    const only = queues.length === 1 ? queue : undefined;
    const name = nameOf('send', only);
    const args = attributesOf({ system, name: only }, 'send', { count });
    const operation = beginOperation(this.#tracer, name, CATEGORY, args);
    if (operation === undefined) return run();
    const send = () => finishWith(operation, run(), sent);
    return runOrFail(operation, () => runInside(operation, send, undefined));
  }

  /**
   * Notes that messages are sent now. Returns a function to call with the keys by which both ends know
   * them, once these are known; undefined where no flow needs them.
   */
  post(
    queue: Queue,
    server: Destination | undefined,
    messages: readonly (AddHeader | undefined)[],
  ): ((keys: readonly (string | undefined)[]) => void) | undefined {
    if (this.#tracer.recorder === undefined) return undefined;
    const { name, args, contexts } = this.#prepare(queue, server, messages);
    const flows = this.#inSlice(name, args, () => this.#startFlows(queue, contexts));
    if (flows.every((flow) => flow === undefined)) return undefined;
    return (keys) => this.#rememberAll(flows, keys);
  }

  /** Runs what takes a message, until what it returns has settled; or only until it returns. */
  receive<T>(message: Message | undefined, header: unknown, run: () => T, waits = true): T {
    if (message === undefined) return run();
    const { queue, id } = message;
    const arrival = { key: () => message.key(), header };
    return this.#take(attributesOf(queue, 'process', { id }), queue, [arrival], run, waits);
  }

  /**
   * The same for messages that are taken together: those of several senders belong to none of these. Of
   * many, {@link MAX_SENT} are given.
   */
  receiveAll<T>(
    queue: Queue,
    count: number,
    details: Readonly<Record<string, string | number>>,
    arrivals: readonly Arrival[],
    run: () => T,
  ): T {
    const args = attributesOf(queue, 'process', { count });
    return this.#take(Object.assign(args, details), queue, arrivals, run);
  }

  /** Has another thread or process of the program take what is being taken here. */
  handOn({ queue, id }: Message, addHeader: AddHeader): void {
    const context = this.#carry(HERE, addHeader);
    if (context === undefined) return;
    const args = Object.assign(attributesOf(queue, 'process', { id }), idsOf(context));
    this.#inSlice(nameOf('process', queue.name), args, () => this.#leave(context));
  }

  #take<T>(
    args: Record<string, string | number>,
    queue: Queue,
    arrivals: readonly Arrival[],
    run: () => T,
    waits = true,
  ): T {
    const name = nameOf('process', queue.name);
    const isOne = arrivals.length === 1;
    const contexts = arrivals.map(({ header }) => readReceived(header, isOne ? args : {}));
    const operation = beginFromOutside(this.#tracer, name, CATEGORY, args);
    if (operation === undefined) return run();
    const take = () =>
      this.#inSlice(name, args, () => {
        for (const [at, arrival] of arrivals.entries()) {
          const context = contexts[at];
          // Also of what carries something of somebody else's.
          this.#endFlow(arrival);
          if (context === undefined) continue;
          if (isOne) joinTrace(operation, context);
          else crossFlow('end', operation.recorder, CATEGORY, context);
        }
        const result = run();
        if (waits) return finishWith(operation, result);
        operation.finish();
        return result;
      });
    return runOrFail(operation, () => runInside(operation, take, undefined));
  }

  /** How messages are drawn that are sent together, and what each of them carries. */
  #prepare(
    queue: Queue,
    server: Destination | undefined,
    messages: readonly (AddHeader | undefined)[],
  ) {
    // Of more than are drawn, none carries what no event tells of.
    const contexts = messages.map((addHeader, at) =>
      at < MAX_SENT && addHeader ? this.#carry(server, addHeader) : undefined,
    );
    const args = attributesOf(queue, 'send', { count: messages.length });
    const [only] = contexts;
    if (contexts.length === 1 && only !== undefined) Object.assign(args, idsOf(only));
    return { name: nameOf('send', queue.name), args, contexts };
  }

  /**
   * Begins the flows of messages that are sent here and now. Of those that carry something, nothing is
   * given: of several, each has a slice, whose arguments say what.
   */
  #startFlows(queue: Queue, contexts: readonly (TraceContext | undefined)[]): Flows {
    const name = nameOf('send', queue.name);
    return contexts.slice(0, MAX_SENT).map((context) => {
      if (context === undefined) return this.#startFlow(name);
      if (contexts.length === 1) this.#leave(context);
      else {
        const args = Object.assign(attributesOf(queue, 'send'), idsOf(context));
        this.#inSlice(name, args, () => this.#leave(context));
      }
      return undefined;
    });
  }

  #carry(server: Destination | undefined, addHeader: AddHeader): TraceContext | undefined {
    const context = server && this.#propagation.contextFor(server);
    if (context === undefined) return undefined;
    try {
      addHeader(headerOf(context));
      return context;
    } catch {
      // What the program sends throws when it is looked at. It is to do so where its package looks.
      return undefined;
    }
  }

  #leave(context: TraceContext): void {
    const { recorder } = this.#tracer;
    if (recorder !== undefined) crossFlow('start', recorder, CATEGORY, context);
  }

  #inSlice<T>(name: string, args: Record<string, unknown>, run: () => T): T {
    const span = this.#tracer.span(name, CATEGORY, args as Args);
    try {
      return run();
    } finally {
      span.end();
    }
  }

  #startFlow(name: string): FlowId {
    return this.#tracer.flowStart(name, undefined, CATEGORY);
  }

  #remember(key: string | undefined, flow: FlowId): void {
    if (key === undefined || flow === 0) return;
    this.#sent.set(key, flow);
    if (this.#sent.size <= MAX_SENT) return;
    const [oldest = ''] = this.#sent.keys();
    this.#sent.delete(oldest);
  }

  #rememberAll(flows: Flows, keys: readonly (string | undefined)[]): void {
    flows.forEach((flow, at) => {
      if (flow !== undefined) this.#remember(keys[at], flow);
    });
  }

  #endFlow(arrival: Arrival): void {
    if (this.#sent.size === 0) return;
    const key = arrival.key();
    if (key === undefined) return;
    const flow = this.#sent.get(key);
    if (flow === undefined) return;
    this.#sent.delete(key);
    this.#tracer.flowEnd(flow);
  }
}

function nameOf(type: 'send' | 'process', queue: string | undefined): string {
  return queue === undefined ? type : `${type} ${queue}`;
}

/** As OpenTelemetry names them. The queue has no name where there are several. */
function attributesOf(
  { system, name }: { readonly system: string; readonly name: string | undefined },
  type: 'send' | 'process',
  { id, count = 1 }: { readonly id?: string | undefined; readonly count?: number } = {},
): Record<string, string | number> {
  return {
    'messaging.system': system,
    ...(name !== undefined && { 'messaging.destination.name': name }),
    'messaging.operation.type': type,
    ...(id !== undefined && { 'messaging.message.id': id }),
    ...(count > 1 && { 'messaging.batch.message_count': count }),
  };
}
