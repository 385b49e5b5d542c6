import { type Patches, patchWhenLoaded } from '../packages.js';
import type { SourceContext } from '../source.js';
import { Undo } from '../undo.js';
import { traceAmqplib } from './amqplib.js';
import { traceBullmq } from './bullmq.js';
import { Messages } from './messages.js';

/** The clients that are known: a line and a file for each. */
const CLIENTS: readonly ((messages: Messages, undo: Undo) => Patches)[] = [
  traceBullmq,
  traceAmqplib,
];

/** Messages of queues: what sends them, and what takes them. */
export function traceQueue({ tracer }: SourceContext): Disposable {
  const undo = new Undo();
  const messages = new Messages(tracer);
  const patches: Patches = Object.assign({}, ...CLIENTS.map((trace) => trace(messages, undo)));
  patchWhenLoaded(undo, patches);
  return undo;
}
