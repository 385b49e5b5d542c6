import process from 'node:process';
import { types } from 'node:util';
import { withKeptCallback } from '../calls.js';
import { guarded } from '../guard.js';
import type { Patches } from '../packages.js';
import type { Destination } from '../propagation.js';
import { TRACEPARENT } from '../traceparent.js';
import type { Undo } from '../undo.js';
import type { Message, Messages } from './messages.js';

interface Delivery {
  readonly content: Uint8Array;
  readonly fields: { readonly exchange: string; readonly routingKey: string };
  readonly properties: { readonly messageId?: unknown; readonly headers?: Headers };
}

type Headers = Readonly<Record<string, unknown>> | undefined;

interface AmqpChannel {
  readonly connection?: {
    readonly stream?: { readonly remoteAddress?: string; readonly remotePort?: number };
  };
}

interface ChannelClass {
  readonly prototype: Readonly<Record<'sendMessage' | 'consume' | 'pushConfirmCallback', unknown>>;
}

/**
 * amqplib: what publishes messages, and consumers, until what they return has settled. A message has
 * no id of its own, so both ends know it by where it goes and what is in it.
 */
export function traceAmqplib(messages: Messages, undo: Undo): Patches {
  const describeSent = guarded(
    ([fields, properties, content]: readonly unknown[]): Message | undefined => {
      if (!(content instanceof Uint8Array)) return undefined;
      const sent = { fields, properties, content } as Delivery;
      return describe(sent.fields.exchange || sent.fields.routingKey, sent);
    },
  );
  const describeTaken = guarded(describe);

  const patchChannel = ({ prototype }: ChannelClass) => {
    // Here the program's options have been read. What amqplib has made of them is not the program's.
    undo.replace(prototype, 'sendMessage', (original) => {
      return function sendMessage(this: AmqpChannel, ...args) {
        const { headers } = (args[1] ?? {}) as { headers?: Headers };
        const mayCarry = headers !== undefined && headers[TRACEPARENT] === undefined;
        const server = mayCarry ? serverOf(this) : undefined;
        const addHeader = (value: string) => {
          // What it inherits is the program's, and may be frozen.
          Object.defineProperty(headers, TRACEPARENT, { enumerable: true, value });
        };
        return messages.send(describeSent(args), server, addHeader, () =>
          original.apply(this, args),
        );
      };
    });
    // Of a channel on which the server confirms what it gets.
    undo.replace(prototype, 'pushConfirmCallback', withKeptCallback);
    undo.replace(prototype, 'consume', (original) => {
      return function consume(this: unknown, ...args) {
        const callback: unknown = args[1];
        if (typeof callback === 'function') {
          // The promise of another function may be handled by the program. One that is waited for here
          // besides would be reported as unhandled, or none would be any more.
          const isAsync = types.isAsyncFunction(callback);
          args[1] = function (this: unknown, delivery: Delivery | null) {
            // There is none when the server has cancelled the consumer.
            const message = delivery === null ? undefined : describeTaken(args[0], delivery);
            const header = delivery?.properties.headers?.[TRACEPARENT];
            const run = () => callback.call(this, delivery);
            return messages.receive(message, header, run, isAsync);
          };
        }
        return original.apply(this, args);
      };
    });
  };
  return {
    'amqplib/lib/channel_model.js': ({ Channel }: { Channel: ChannelClass }) =>
      patchChannel(Channel),
    'amqplib/lib/callback_model.js': ({ Channel }: { Channel: ChannelClass }) =>
      patchChannel(Channel),
  };
}

function serverOf({ connection }: AmqpChannel): Destination | undefined {
  const { remoteAddress, remotePort } = connection?.stream ?? {};
  if (remoteAddress === undefined) return undefined;
  return { hostname: remoteAddress, host: `${remoteAddress}:${remotePort}` };
}

function describe(name: string, { content, fields, properties }: Delivery): Message {
  // Not loaded where nobody sends messages.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha1').update(content).digest('base64');
  const { messageId } = properties;
  return {
    queue: { system: 'rabbitmq', name },
    key: `${fields.exchange} ${fields.routingKey} ${hash}`,
    id: typeof messageId === 'string' ? messageId : undefined,
  };
}
