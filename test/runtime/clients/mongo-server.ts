import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/**
 * As much of a server of MongoDB as its client asks for, as Debian has none: each collection holds what was
 * put into it, and all of that is found. What is not known fails, as it does there.
 */

type Document = Record<string, unknown>;

interface Bson {
  serialize(document: Document): Uint8Array;
  deserialize(bytes: Uint8Array): Document;
  readonly Long: { fromNumber(value: number): unknown };
}

/** Operations of the protocol. */
const REPLY = 1;
const QUERY = 2004;
const MESSAGE = 2013;
const HEADER = 16;

export interface MongoServer {
  readonly port: number;
  stop(): void;
}

/** @param installed A file beside the packages that are installed. */
export async function startMongoServer(installed: string): Promise<MongoServer> {
  const bson: Bson = createRequire(installed)('bson');
  const collections = new Map<string, Document[]>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let bytes = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      bytes = Buffer.concat([bytes, data as Buffer]);
      while (bytes.length >= 4 && bytes.length >= bytes.readInt32LE(0)) {
        const size = bytes.readInt32LE(0);
        socket.write(answer(bson, bytes.subarray(0, size), collections));
        bytes = bytes.subarray(size);
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function answer(bson: Bson, message: Buffer, collections: Map<string, Document[]>): Buffer {
  const isQuery = message.readInt32LE(12) === QUERY;
  const command = isQuery ? readQuery(bson, message) : readMessage(bson, message);
  const document = bson.serialize(run(bson, command, collections));
  // Before the document: flags, of a reply a cursor, an offset and a count; of a message what follows.
  const before = Buffer.alloc(isQuery ? 20 : 5);
  if (isQuery) before.writeInt32LE(1, 16);
  const header = Buffer.alloc(HEADER);
  header.writeInt32LE(HEADER + before.length + document.length, 0);
  header.writeInt32LE(message.readInt32LE(4), 8);
  header.writeInt32LE(isQuery ? REPLY : MESSAGE, 12);
  return Buffer.concat([header, before, document]);
}

/** Of the first message on a connection. */
function readQuery(bson: Bson, message: Buffer): Document {
  const name = HEADER + 4;
  const document = message.indexOf(0, name) + 1 + 8;
  return bson.deserialize(message.subarray(document));
}

/** A document, and lists of others that belong into it. */
function readMessage(bson: Bson, message: Buffer): Document {
  const command: Document = {};
  for (let at = HEADER + 4; at < message.length; ) {
    const isList = message[at++] === 1;
    const end = at + message.readInt32LE(at);
    if (isList) {
      const nameEnd = message.indexOf(0, at + 4);
      const list: Document[] = [];
      for (let next = nameEnd + 1; next < end; next += message.readInt32LE(next)) {
        list.push(bson.deserialize(message.subarray(next, next + message.readInt32LE(next))));
      }
      command[message.toString('utf8', at + 4, nameEnd)] = list;
    } else {
      Object.assign(command, bson.deserialize(message.subarray(at, end)));
    }
    at = end;
  }
  return command;
}

function run(bson: Bson, command: Document, collections: Map<string, Document[]>): Document {
  const [[name = '', value] = []] = Object.entries(command);
  const batch = (documents: Document[], rest: number, key: 'firstBatch' | 'nextBatch') => ({
    cursor: { id: bson.Long.fromNumber(rest), ns: `shop.${String(value)}`, [key]: documents },
    ok: 1,
  });
  const inside = (collection: unknown) => collections.get(String(collection)) ?? [];
  switch (name.toLowerCase()) {
    case 'hello':
    case 'ismaster':
      return { isWritablePrimary: true, helloOk: true, ...LIMITS, ok: 1 };
    case 'insert': {
      const documents = command['documents'] as Document[];
      collections.set(String(value), [...inside(value), ...documents]);
      return { n: documents.length, ok: 1 };
    }
    case 'find': {
      const size = Number(command['batchSize'] ?? 100);
      const isMore = inside(value).length > size && command['singleBatch'] !== true;
      return batch(inside(value).slice(0, size), isMore ? size : 0, 'firstBatch');
    }
    case 'getmore':
      return batch(inside(command['collection']).slice(Number(value)), 0, 'nextBatch');
    case 'drop':
      collections.delete(String(value));
      return { ok: 1 };
    case 'endsessions':
      return { ok: 1 };
    default:
      return { ok: 0, code: 59, codeName: 'CommandNotFound', errmsg: `no such command: '${name}'` };
  }
}

const LIMITS = {
  maxBsonObjectSize: 2 ** 24,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 21,
};
