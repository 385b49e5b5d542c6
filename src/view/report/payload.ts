import { ByteReader, ByteWriter } from '../wire/bytes.js';
import type { Block } from './packed-arguments.js';

/** What a report carries: a packed model, and the arguments of its slices. */
export interface Payload {
  /** As `gzip`. */
  readonly model: Uint8Array<ArrayBuffer>;
  readonly blocks: readonly Block[];
}

export function encodePayload({ model, blocks }: Payload): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  writer.whole(model.length);
  writer.raw(model);
  writer.whole(blocks.length);
  for (const { first, bytes } of blocks) {
    writer.whole(first);
    writer.whole(bytes.length);
    writer.raw(bytes);
  }
  return writer.bytes;
}

/** The way back. The bytes of what it gives are those that it was given. */
export function decodePayload(bytes: Uint8Array<ArrayBuffer>): Payload {
  const reader = new ByteReader(bytes);
  const part = () => reader.raw(reader.whole()) as Uint8Array<ArrayBuffer>;
  const model = part();
  const blocks = Array.from({ length: reader.whole() }, () => ({
    first: reader.whole(),
    bytes: part(),
  }));
  return { model, blocks };
}
