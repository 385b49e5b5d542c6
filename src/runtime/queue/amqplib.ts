import process from 'node:process';
import { guarded } from '../guard.js';
import type { Patches } from '../packages.js';
import type { Undo } from '../undo.js';
import type { Message, Messages } from './messages.js';

interface Delivery {
  readonly content: Uint8Array;
  readonly fields: { readonly exchange: string; readonly routingKey: string };
  readonly properties: { readonly messageId?: unknown };
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
      return function publish(this: unknown, ...args) {
        return messages.send(describeSent(args), () => original.apply(this, args));
      };
    });
    undo.replace(prototype, 'consume', (original) => {
      return function consume(this: unknown, ...args) {
        const callback: unknown = args[1];
        if (typeof callback === 'function') {
          args[1] = function (this: unknown, delivery: Delivery | null) {
            // There is none when the server has cancelled the consumer.
            const message = delivery === null ? undefined : describeTaken(args[0], delivery);
            return messages.receive(message, () => callback.call(this, delivery));
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
