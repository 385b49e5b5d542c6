import { type Patches, patchWhenLoaded } from '../packages.js';
import type { SourceContext } from '../source.js';
import { Undo } from '../undo.js';
import { traceAmqplib } from './amqplib.js';
import { traceBullmq } from './bullmq.js';
import { traceKafkajs } from './kafkajs.js';
import { Messages } from './messages.js';

/** The clients that are known: a line and a file for each. */
const CLIENTS: readonly ((messages: Messages, undo: Undo) => Patches)[] = [
  traceBullmq,
  traceAmqplib,
  traceKafkajs,
];

/** Messages of queues: what sends them, and what takes them. */
export function traceQueue({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  const messages = new Messages(tracer, settings.propagate);
  const patches: Patches = Object.assign({}, ...CLIENTS.map((trace) => trace(messages, undo)));
  patchWhenLoaded(undo, patches);
  return undo;
}
