import process from 'node:process';
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
  readonly prototype: Readonly<Record<'publish' | 'consume', unknown>>;
}

/**
 * amqplib: what publishes messages, and consumers, until what they return has settled. A message has
 * no id of its own, so both ends know it by where it goes and what is in it.
 */
export function traceAmqplib(messages: Messages, undo: Undo): Patches {
  const describeSent = guarded((args: readonly unknown[]): Message | undefined => {
    const [exchange, routingKey, content, properties = {}] = args as [
      string,
      string,
      unknown,
      never,
    ];
    if (!(content instanceof Uint8Array)) return undefined;
    return describe(exchange || routingKey, {
      content,
      fields: { exchange, routingKey },
      properties,
    });
  });
  const describeTaken = guarded(describe);

  const patchChannel = ({ prototype }: ChannelClass) => {
    undo.replace(prototype, 'publish', (original) => {
      return function publish(this: AmqpChannel, ...args) {
        const options = (args[3] ?? {}) as { headers?: Headers };
        const { headers } = options;
        const server = headers?.[TRACEPARENT] === undefined ? serverOf(this) : undefined;
        // What its headers inherit is sent, too.
        const addHeader = (text: string) => {
          const sent = Object.assign(Object.create(headers ?? null), { [TRACEPARENT]: text });
          args[3] = { ...options, headers: sent };
        };
        return messages.send(describeSent(args), server, addHeader, () =>
          original.apply(this, args),
        );
      };
    });
    undo.replace(prototype, 'consume', (original) => {
      return function consume(this: unknown, ...args) {
        const callback: unknown = args[1];
        if (typeof callback === 'function') {
          args[1] = function (this: unknown, delivery: Delivery | null) {
            // There is none when the server has cancelled the consumer.
            const message = delivery === null ? undefined : describeTaken(args[0], delivery);
            const header = delivery?.properties.headers?.[TRACEPARENT];
            return messages.receive(message, header, () => callback.call(this, delivery));
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
