import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/**
 * As much of a Kafka broker as kafkajs asks for, as Debian has none: topics with two partitions, made
 * when they are first asked for, and groups of one consumer. How numbers and texts are laid out, it has
 * from kafkajs.
 */

interface Encoder {
  readonly buffer: Buffer;
  writeInt8(value: number): this;
  writeInt16(value: number): this;
  writeInt32(value: number): this;
  writeInt64(value: number): this;
  writeString(value: string | null): this;
  writeBytes(value: Buffer): this;
  writeArray(values: readonly (Encoder | number)[]): this;
}

interface Decoder {
  offset: number;
  readInt8(): number;
  readInt16(): number;
  readInt32(): number;
  readInt64(): { toString(): string };
  readString(): string;
  readBytes(): Buffer;
  readArray<T>(read: () => T): T[];
}

interface Protocol {
  readonly Encoder: new () => Encoder;
  readonly Decoder: new (bytes: Buffer) => Decoder;
}

/** Records that were sent together to a partition, as they came. */
interface Batch {
  readonly first: number;
  readonly count: number;
  readonly bytes: Buffer;
}

/** Requests by their numbers, each in the one version that is spoken here. */
const VERSIONS: ReadonlyMap<number, number> = new Map([
  ...([
    [0, 3],
    [1, 4],
    [2, 1],
    [3, 1],
    [8, 2],
    [9, 2],
  ] as const),
  ...([
    [10, 1],
    [11, 0],
    [12, 0],
    [13, 0],
    [14, 0],
    [18, 1],
  ] as const),
  ...([
    [22, 0],
    [24, 0],
    [26, 0],
  ] as const),
]);
const PARTITIONS = [0, 1];
const UNKNOWN_TOPIC = 3;
const UNSUPPORTED_VERSION = 35;
/** Of what a batch of records begins with. */
const LAST_OFFSET_DELTA = 23;

/** The topic that there is none of. */
export const MISSING_TOPIC = 'missing';

export interface KafkaBroker {
  readonly port: number;
  stop(): void;
}

/** @param installed A file beside the packages that are installed. */
export async function startKafkaBroker(installed: string): Promise<KafkaBroker> {
  const require = createRequire(installed);
  const protocol: Protocol = {
    Encoder: require('kafkajs/src/protocol/encoder'),
    Decoder: require('kafkajs/src/protocol/decoder'),
  };
  const broker = new Broker(protocol);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let bytes = Buffer.alloc(0);
    // kafkajs wants answers in the order of its requests.
    let last = Promise.resolve();
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (data) => {
      bytes = Buffer.concat([bytes, data as Buffer]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const size = 4 + bytes.readInt32BE(0);
        const request = bytes.subarray(4, size);
        bytes = bytes.subarray(size);
        last = last.then(async () => {
          const answer = await broker.answer(request);
          if (answer !== undefined && !socket.destroyed) socket.write(answer);
        });
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  broker.port = (server.address() as AddressInfo).port;
  return {
    port: broker.port,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

class Broker {
  port = 0;
  readonly #protocol: Protocol;
  /** By topic and partition. */
  readonly #stored = new Map<string, Batch[]>();
  /** By group, topic and partition. */
  readonly #committed = new Map<string, number>();

  constructor(protocol: Protocol) {
    this.#protocol = protocol;
  }

  async answer(request: Buffer): Promise<Buffer | undefined> {
    const read = new this.#protocol.Decoder(request);
    const [kind, version, id] = [read.readInt16(), read.readInt16(), read.readInt32()];
    read.readString();
    const isSpoken = VERSIONS.get(kind) === version;
    const answer = isSpoken ? await this.#answer(kind, read) : this.#refuse();
    if (answer === undefined) return undefined;
    const header = Buffer.alloc(8);
    header.writeInt32BE(4 + answer.buffer.length, 0);
    header.writeInt32BE(id, 4);
    return Buffer.concat([header, answer.buffer]);
  }

  #write(): Encoder {
    return new this.#protocol.Encoder();
  }

  #refuse(): Encoder {
    return this.#write().writeInt16(UNSUPPORTED_VERSION);
  }

  async #answer(kind: number, read: Decoder): Promise<Encoder | undefined> {
    switch (kind) {
      case 0:
        return this.#produce(read);
      case 1:
        return this.#fetch(read);
      case 2:
        return this.#listOffsets(read);
      case 3:
        return this.#metadata(read);
      case 8:
        return this.#commit(read);
      case 9:
        return this.#committedOf(read);
      case 10:
        // The coordinator of a group, or of transactions: this one.
        return this.#address(this.#write().writeInt32(0).writeInt16(0).writeString(null));
      case 11:
        return this.#join(read);
      case 14:
        return this.#sync(read);
      case 18:
        return this.#versions();
      case 22:
        // A producer of its own.
        return this.#write().writeInt32(0).writeInt16(0).writeInt64(1).writeInt16(0);
      case 24:
        return this.#write().writeInt32(0).writeArray([]);
      case 26:
        return this.#write().writeInt32(0).writeInt16(0);
      default:
        // A heartbeat, or a consumer that leaves its group.
        return this.#write().writeInt16(0);
    }
  }

  #versions(): Encoder {
    const all = Array.from(VERSIONS, ([kind, version]) =>
      this.#write().writeInt16(kind).writeInt16(version).writeInt16(version),
    );
    return this.#write().writeInt16(0).writeArray(all).writeInt32(0);
  }

  #address(write: Encoder): Encoder {
    return write.writeInt32(0).writeString('127.0.0.1').writeInt32(this.port);
  }

  #metadata(read: Decoder): Encoder {
    const topics = read
      .readArray(() => read.readString())
      .map((topic) => {
        const partitions = PARTITIONS.map((partition) =>
          this.#write()
            .writeInt16(0)
            .writeInt32(partition)
            .writeInt32(0)
            .writeArray([0])
            .writeArray([0]),
        );
        return this.#write()
          .writeInt16(topic === MISSING_TOPIC ? UNKNOWN_TOPIC : 0)
          .writeString(topic)
          .writeInt8(0)
          .writeArray(topic === MISSING_TOPIC ? [] : partitions);
      });
    const broker = this.#address(this.#write()).writeString(null);
    return this.#write().writeArray([broker]).writeInt32(0).writeArray(topics);
  }

  #produce(read: Decoder): Encoder | undefined {
    read.readString();
    const acks = read.readInt16();
    read.readInt32();
    const topics = read.readArray(() => {
      const topic = read.readString();
      const partitions = read.readArray(() => {
        const partition = read.readInt32();
        const first = this.#store(`${topic} ${partition}`, Buffer.from(read.readBytes()));
        return this.#write().writeInt32(partition).writeInt16(0).writeInt64(first).writeInt64(-1);
      });
      return this.#write().writeString(topic).writeArray(partitions);
    });
    return acks === 0 ? undefined : this.#write().writeArray(topics).writeInt32(0);
  }

  #store(key: string, bytes: Buffer): number {
    const first = this.#end(key);
    bytes.writeBigInt64BE(BigInt(first), 0);
    const count = bytes.readInt32BE(LAST_OFFSET_DELTA) + 1;
    this.#stored.set(key, [...(this.#stored.get(key) ?? []), { first, count, bytes }]);
    return first;
  }

  /** The offset of what comes next. */
  #end(key: string): number {
    const last = this.#stored.get(key)?.at(-1);
    return last === undefined ? 0 : last.first + last.count;
  }

  async #fetch(read: Decoder): Promise<Encoder> {
    for (let i = 0; i < 4; i++) read.readInt32();
    read.readInt8();
    let isEmpty = true;
    const topics = read.readArray(() => {
      const topic = read.readString();
      const partitions = read.readArray(() => {
        const [partition, from] = [read.readInt32(), Number(read.readInt64())];
        read.readInt32();
        const key = `${topic} ${partition}`;
        const found =
          this.#stored.get(key)?.filter(({ first, count }) => first + count > from) ?? [];
        isEmpty &&= found.length === 0;
        const end = this.#end(key);
        return this.#write()
          .writeInt32(partition)
          .writeInt16(0)
          .writeInt64(end)
          .writeInt64(end)
          .writeArray([])
          .writeBytes(Buffer.concat(found.map(({ bytes }) => bytes)));
      });
      return this.#write().writeString(topic).writeArray(partitions);
    });
    // Who finds nothing asks again at once.
    if (isEmpty) await new Promise((resolve) => setTimeout(resolve, 20));
    return this.#write().writeInt32(0).writeArray(topics);
  }

  #listOffsets(read: Decoder): Encoder {
    read.readInt32();
    const topics = this.#eachPartition(read, (key, write) => {
      const isLatest = Number(read.readInt64()) === -1;
      return write
        .writeInt16(0)
        .writeInt64(-1)
        .writeInt64(isLatest ? this.#end(key) : 0);
    });
    return this.#write().writeArray(topics);
  }

  #commit(read: Decoder): Encoder {
    const group = read.readString();
    read.readInt32();
    read.readString();
    read.readInt64();
    const topics = this.#eachPartition(read, (key, write) => {
      this.#committed.set(`${group} ${key}`, Number(read.readInt64()));
      read.readString();
      return write.writeInt16(0);
    });
    return this.#write().writeArray(topics);
  }

  #committedOf(read: Decoder): Encoder {
    const group = read.readString();
    const topics = this.#eachPartition(read, (key, write) => {
      const offset = this.#committed.get(`${group} ${key}`) ?? -1;
      return write.writeInt64(offset).writeString('').writeInt16(0);
    });
    return this.#write().writeArray(topics).writeInt16(0);
  }

  /** Answers for each partition of each topic that is asked for. */
  #eachPartition(read: Decoder, answer: (key: string, write: Encoder) => Encoder): Encoder[] {
    return read.readArray(() => {
      const topic = read.readString();
      const partitions = read.readArray(() => {
        const partition = read.readInt32();
        return answer(`${topic} ${partition}`, this.#write().writeInt32(partition));
      });
      return this.#write().writeString(topic).writeArray(partitions);
    });
  }

  /** Each consumer is the only one of its group, and so its leader. */
  #join(read: Decoder): Encoder {
    read.readString();
    read.readInt32();
    read.readString();
    read.readString();
    const [first] = read.readArray(() => ({ name: read.readString(), metadata: read.readBytes() }));
    if (first === undefined) return this.#refuse();
    const member = this.#write().writeString('member').writeBytes(first.metadata);
    return this.#write()
      .writeInt16(0)
      .writeInt32(1)
      .writeString(first.name)
      .writeString('member')
      .writeString('member')
      .writeArray([member]);
  }

  /** It has said itself which partitions it takes. */
  #sync(read: Decoder): Encoder {
    read.readString();
    read.readInt32();
    read.readString();
    const [own] = read.readArray(() => {
      read.readString();
      return read.readBytes();
    });
    return this.#write()
      .writeInt16(0)
      .writeBytes(own ?? Buffer.alloc(0));
  }
}
