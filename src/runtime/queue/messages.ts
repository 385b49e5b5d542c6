import { runInside } from '../../recorder/api/operation-context.js';
import type { Tracer } from '../../recorder/api/tracer.js';
import type { FlowId } from '../../recorder/types.js';
import type { Args } from '../../trace-event/events.js';
import { finishWith, runOrFail } from '../calls.js';
import { guarded } from '../guard.js';
import { beginFromOutside, beginOperation } from '../operation.js';

const CATEGORY = 'queue';
/** So many messages that were sent are remembered; of more, the oldest are forgotten. */
const MAX_SENT = 1000;

/** Where messages go through. */
export interface Queue {
  /** As OpenTelemetry calls it: `rabbitmq`. */
  readonly system: string;
  readonly name: string;
}

/** A message, as it is sent and as it is taken. */
export interface Message {
  readonly queue: Queue;
  /** By what both ends know it. */
  readonly key: string;
  /** As the program sees it, where it has one. */
  readonly id?: string | undefined;
}

/**
 * Messages from whoever sends one to what takes it. What takes one is an operation of its own, as a
 * request is; where this thread has sent it, a flow leads from there.
 */
export class Messages {
  readonly #tracer: Tracer;
  /** The flows of messages that are on their way, by what both ends know them by. */
  readonly #sent = new Map<string, FlowId>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** Sends a message by a call that is over when it returns. */
  send<T>(message: Message | undefined, run: () => T): T {
    if (message === undefined) return run();
    const { queue, key, id } = message;
    const name = `send ${queue.name}`;
    return this.#inSlice(name, attributesOf(queue, 'send', id), () => {
      this.#remember(key, this.#startFlow(name));
      return run();
    });
  }

  /** Sends messages by a call whose promise tells how both ends know them. */
  sendLater<T>(queue: Queue, count: number, run: () => T, keysOf: (sent: never) => string[]): T {
    const name = `send ${queue.name}`;
    const args = attributesOf(queue, 'send');
    const operation = beginOperation(this.#tracer, name, CATEGORY, args);
    if (operation === undefined) return run();
    const remember = guarded((flows: readonly FlowId[], sent: unknown) => {
      const keys = keysOf(sent as never);
      flows.forEach((flow, at) => {
        this.#remember(keys[at], flow);
      });
    });
    return runOrFail(operation, () =>
      this.#inSlice(name, args, () => {
        const flows = Array.from({ length: Math.min(count, MAX_SENT) }, () =>
          this.#startFlow(name),
        );
        return finishWith(operation, run(), (sent) => remember(flows, sent));
      }),
    );
  }

  /** Runs what takes a message, until what it returns has settled. */
  receive<T>(message: Message | undefined, run: () => T): T {
    if (message === undefined) return run();
    const { queue, key, id } = message;
    const name = `process ${queue.name}`;
    const args = attributesOf(queue, 'process', id);
    const operation = beginFromOutside(this.#tracer, name, CATEGORY, args);
    if (operation === undefined) return run();
    const take = () =>
      this.#inSlice(name, args, () => {
        this.#endFlow(key);
        return finishWith(operation, run());
      });
    return runOrFail(operation, () => runInside(operation, take, undefined));
  }

  #inSlice<T>(name: string, args: Args, run: () => T): T {
    const span = this.#tracer.span(name, CATEGORY, args);
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

  #endFlow(key: string): void {
    const flow = this.#sent.get(key);
    if (flow === undefined) return;
    this.#sent.delete(key);
    this.#tracer.flowEnd(flow);
  }
}

/** As OpenTelemetry names them. */
function attributesOf({ system, name }: Queue, type: 'send' | 'process', id?: string): Args {
  return {
    'messaging.system': system,
    'messaging.destination.name': name,
    'messaging.operation.type': type,
    ...(id !== undefined && { 'messaging.message.id': id }),
  };
}
