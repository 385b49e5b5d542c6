import { guarded } from '../guard.js';
import type { Patches } from '../packages.js';
import type { Destination } from '../propagation.js';
import { TRACEPARENT } from '../traceparent.js';
import { type AnyFunction, Undo } from '../undo.js';
import { withValues } from '../with-values.js';
import { type AddHeader, MAX_SENT, type Messages } from './messages.js';

const SYSTEM = 'kafka';
/** The number of the request that brings messages, and its first version in which these have headers. */
const PRODUCE = 0;
const HAS_HEADERS = 3;
/** What a broker says that does not know where it has put them. */
const UNKNOWN_OFFSET = '-1';

interface KafkaMessage {
  readonly timestamp?: unknown;
  readonly headers?: Readonly<Record<string, unknown>> | null;
}

/** Messages as the program sends them. */
interface TopicMessages {
  readonly topic?: unknown;
  readonly messages?: unknown;
}

/** The same as they leave for a broker. */
interface TopicData {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly messages: readonly KafkaMessage[];
  }[];
}

interface ProduceRequest {
  readonly topicData: readonly TopicData[];
}

/** Where they are then. There is none of a broker that is not to answer. */
interface ProduceResponse {
  readonly topics?: readonly {
    readonly topicName: string;
    readonly partitions: readonly { readonly partition: number; readonly baseOffset?: string }[];
  }[];
}

interface TakenMessage extends KafkaMessage {
  readonly offset: string;
}

/** Messages as the program takes them. */
interface Taken {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly TakenMessage[];
}

interface Address {
  readonly host: string;
  readonly port: number;
}

interface Broker {
  readonly connectionPool?: Address;
  /** Before kafkajs 2. */
  readonly connection?: Address;
  readonly versions?: Readonly<Record<number, { readonly maxVersion: number }>> | null;
}

interface BrokerClass {
  readonly prototype: { readonly produce: unknown };
}

interface ClientClass {
  readonly prototype: Readonly<Record<'producer' | 'consumer', unknown>>;
}

type Sender = Readonly<Record<'send' | 'sendBatch', unknown>>;
type Producer = Sender & { readonly transaction: unknown };
type Consumer = { readonly run: unknown };

/** kafkajs: calls that send messages, and what takes these, one by one or in batches. */
export function traceKafkajs(messages: Messages, undo: Undo): Patches {
  const patchProducer = guarded((producer: Producer) => traceProducer(messages, producer));
  const patchConsumer = guarded((consumer: Consumer, groupId: unknown) =>
    traceConsumer(messages, consumer, groupId),
  );
  const patchClient = ({ prototype }: ClientClass) => {
    undo.replace(prototype, 'producer', (original) => {
      return function producer(this: unknown, ...args) {
        const made = original.apply(this, args);
        patchProducer(made);
        return made;
      };
    });
    undo.replace(prototype, 'consumer', (original) => {
      return function consumer(this: unknown, ...args) {
        const made = original.apply(this, args);
        patchConsumer(made, args[0]?.groupId);
        return made;
      };
    });
  };
  const post = guarded((broker: Broker, { topicData }: ProduceRequest) => {
    const server = serverOf(broker);
    return topicData.map((data) => postTopic(messages, server, data));
  });
  // Here the broker's address is known, and the program's own partitioner has seen the messages as they were.
  const patchBroker = ({ prototype }: BrokerClass) => {
    undo.replace(prototype, 'produce', (original) => {
      return async function produce(this: Broker, ...args) {
        const posted = post(this, args[0]);
        if (posted !== undefined) {
          args[0] = { ...args[0], topicData: posted.map(({ data }) => data) };
        }
        const response = await original.apply(this, args);
        for (const { remember } of posted ?? []) remember?.(response);
        return response;
      };
    });
  };
  return { 'kafkajs/src/index.js': patchClient, 'kafkajs/src/broker/index.js': patchBroker };
}

function traceProducer(messages: Messages, producer: Producer): void {
  const traceSender = guarded((sender: Sender) => {
    traceSends(messages, sender, 'send', (topic) => [topic]);
    traceSends(messages, sender, 'sendBatch', ({ topicMessages }) => topicMessages);
  });
  traceSender(producer);
  replaceForGood(producer, 'transaction', (original) => {
    return async function transaction(this: unknown, ...args) {
      const begun = await original.apply(this, args);
      traceSender(begun);
      return begun;
    };
  });
}

function traceSends(
  messages: Messages,
  sender: Sender,
  method: keyof Sender,
  topicsIn: (batch: { readonly topicMessages?: unknown }) => unknown,
): void {
  const describe = guarded((batch: object | undefined) => {
    const list = topicsIn(batch ?? {});
    const all = Array.isArray(list) ? (list as (TopicMessages | undefined)[]) : [];
    const names = all.map((one) => one?.topic).filter((topic) => typeof topic === 'string');
    const counts = all.map((one) => (Array.isArray(one?.messages) ? one.messages.length : 0));
    return {
      topics: Array.from(new Set(names)),
      count: counts.reduce((sum, count) => sum + count, 0),
    };
  });
  replaceForGood(sender, method, (original) => {
    return function (this: unknown, ...args) {
      const { topics, count } = describe(args[0]) ?? { topics: [], count: 0 };
      return messages.sendBy(SYSTEM, topics, count, () => original.apply(this, args));
    };
  });
}

/** Has the messages of a topic carry what they belong to, in copies. */
function postTopic(messages: Messages, server: Destination | undefined, data: TopicData) {
  const { topic } = data;
  const partitions = data.partitions.map((part) => ({ ...part, messages: part.messages.slice() }));
  const carry = partitions.flatMap((part) =>
    part.messages.map((message, at) =>
      carryBy(message, (copy) => {
        part.messages[at] = copy;
      }),
    ),
  );
  const rememberKeys = messages.post({ system: SYSTEM, name: topic }, server, carry);
  const remember =
    rememberKeys &&
    guarded((response: ProduceResponse | undefined) => {
      const stored = response?.topics?.find(({ topicName }) => topicName === topic)?.partitions;
      const keys = partitions.flatMap(({ partition, messages }) => {
        const first = stored?.find((part) => part.partition === partition)?.baseOffset;
        return messages.map((_, at) =>
          first === undefined || first === UNKNOWN_OFFSET
            ? undefined
            : keyOf(topic, partition, BigInt(first) + BigInt(at)),
        );
      });
      rememberKeys(keys);
    });
  return { data: { ...data, partitions }, remember };
}

/** How a message gets a header, in a copy; undefined where it has one, or cannot have any. */
function carryBy(message: KafkaMessage, give: (copy: KafkaMessage) => void): AddHeader | undefined {
  const { headers } = message;
  if (headers === null || headers?.[TRACEPARENT] !== undefined) return undefined;
  return (text) => {
    // What kafkajs reads: own properties, and the time, which may be a getter's of a class.
    const { timestamp } = message;
    give({ ...message, timestamp, headers: { ...headers, [TRACEPARENT]: text } });
  };
}

function serverOf({ connectionPool, connection, versions }: Broker): Destination | undefined {
  const address = connectionPool ?? connection;
  const version = versions?.[PRODUCE]?.maxVersion ?? 0;
  if (address === undefined || version < HAS_HEADERS) return undefined;
  const { host: hostname, port } = address;
  return { hostname, host: `${hostname}:${port}` };
}

function traceConsumer(messages: Messages, consumer: Consumer, groupId: unknown): void {
  const traceHandlers = guarded((config: Readonly<Record<string, unknown>>) => {
    const handlers = Object.entries(HANDLERS).flatMap(([name, takenBy]) => {
      const handler = config[name];
      if (typeof handler !== 'function') return [];
      const value = traceHandler(messages, handler as AnyFunction, takenBy, groupId);
      return [[name, value]];
    });
    return withValues(config, Object.fromEntries(handlers));
  });
  replaceForGood(consumer, 'run', (original) => {
    return function run(this: unknown, ...args) {
      const [config] = args;
      if (typeof config === 'object' && config !== null) args[0] = traceHandlers(config) ?? config;
      return original.apply(this, args);
    };
  });
}

/** What takes messages, and how they are in what it is called with. */
const HANDLERS: Readonly<Record<string, (given: never) => Taken>> = {
  eachMessage: ({
    topic,
    partition,
    message,
  }: Omit<Taken, 'messages'> & { message: TakenMessage }) => ({
    ...{ topic, partition },
    messages: [message],
  }),
  eachBatch: ({ batch }: { batch: Taken }) => batch,
};

function traceHandler(
  messages: Messages,
  handler: AnyFunction,
  takenBy: (given: never) => Taken,
  groupId: unknown,
): AnyFunction {
  const describe = guarded((given: unknown) => {
    const { topic, partition, messages: taken } = takenBy(given as never);
    const [first] = taken;
    return {
      queue: { system: SYSTEM, name: topic },
      // As OpenTelemetry names them.
      details: {
        'messaging.consumer.group.name': String(groupId),
        'messaging.destination.partition.id': String(partition),
        ...(taken.length === 1 && { 'messaging.kafka.offset': Number(first?.offset) }),
      },
      count: taken.length,
      arrivals: taken.slice(0, MAX_SENT).map(({ offset, headers }) => ({
        key: () => keyOf(topic, partition, offset),
        header: headerText(headers?.[TRACEPARENT]),
      })),
    };
  });
  return function (this: unknown, ...args) {
    const run = () => handler.apply(this, args);
    const described = describe(args[0]);
    if (described === undefined) return run();
    const { queue, count, details, arrivals } = described;
    return messages.receiveAll(queue, count, details, arrivals, run);
  };
}

/** Values of headers come as bytes, however they were sent. */
function headerText(value: unknown): unknown {
  return Buffer.isBuffer(value) ? value.toString('latin1') : value;
}

function keyOf(topic: string, partition: number, offset: string | bigint): string {
  return `${topic} ${partition} ${offset}`;
}

/**
 * Producers and consumers are objects of functions, without a class. What is replaced in them stays
 * when this has ended: to take it back would mean to remember all of them.
 */
function replaceForGood<K extends string>(
  holder: Readonly<Record<K, unknown>>,
  name: K,
  make: (original: AnyFunction) => AnyFunction,
): void {
  new Undo().replace(holder, name, make);
}
