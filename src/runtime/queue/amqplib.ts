import process from 'node:process';
import { types } from 'node:util';
import { keepCall } from '../../recorder/api/operation-context.js';
import { withKeptCallback } from '../calls.js';
import { guarded } from '../guard.js';
import type { ClassWith, Patches } from '../packages.js';
import type { Destination } from '../propagation.js';
import { TRACEPARENT } from '../traceparent.js';
import type { AnyFunction, Undo } from '../undo.js';
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

type ChannelClass = ClassWith<'sendMessage' | 'consume' | 'pushConfirmCallback' | 'get'>;

interface CallbackModel {
  readonly Channel: ChannelClass;
  readonly ConfirmChannel: ClassWith<'waitForConfirms'>;
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
          const keptCallback = keepCall(callback as AnyFunction);
          args[1] = function (this: unknown, delivery: Delivery | null) {
            // The server has cancelled the consumer.
            if (delivery === null) return keptCallback.call(this, delivery);
            const message = describeTaken(args[0], delivery);
            const header = delivery.properties.headers?.[TRACEPARENT];
            const run = () => callback.call(this, delivery);
            return messages.receive(message, header, run, isAsync);
          };
        }
        return original.apply(this, args);
      };
    });
  };
  // All answers come by one connection, and would belong to who has opened it.
  const keepCallbacks = <Name extends string>({ prototype }: ClassWith<Name>, names: Name[]) => {
    for (const name of names) undo.replace(prototype, name, withKeptCallback);
  };
  return {
    'amqplib/lib/channel_model.js': ({ Channel }: { Channel: ChannelClass }) =>
      patchChannel(Channel),
    'amqplib/lib/callback_model.js': ({ Channel, ConfirmChannel }: CallbackModel) => {
      patchChannel(Channel);
      // Its message comes after its answer.
      keepCallbacks(Channel, ['get']);
      keepCallbacks(ConfirmChannel, ['waitForConfirms']);
    },
    'amqplib/lib/channel.js': ({
      Channel,
    }: {
      Channel: ClassWith<'sendOrEnqueue' | 'closeBecause'>;
    }) => keepCallbacks(Channel, ['sendOrEnqueue', 'closeBecause']),
    'amqplib/lib/connection.js': ({
      Connection,
    }: {
      Connection: ClassWith<'closeBecause' | '_updateSecret'>;
    }) => keepCallbacks(Connection, ['closeBecause', '_updateSecret']),
  };
}

function serverOf({ connection }: AmqpChannel): Destination | undefined {
  const { remoteAddress, remotePort } = connection?.stream ?? {};
  if (remoteAddress === undefined) return undefined;
  return { hostname: remoteAddress, host: `${remoteAddress}:${remotePort}` };
}

function describe(name: string, { content, fields, properties }: Delivery): Message {
  const { messageId } = properties;
  return {
    queue: { system: 'rabbitmq', name },
    key: guarded(() => {
      // Not loaded where nobody sends messages.
      const { createHash } = process.getBuiltinModule('node:crypto');
      const hash = createHash('sha1').update(content).digest('base64');
      return `${fields.exchange} ${fields.routingKey} ${hash}`;
    }),
    id: typeof messageId === 'string' ? messageId : undefined,
  };
}
