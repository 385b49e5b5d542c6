import type { Disk } from '#src/recorder/writer/disk.js';

/** Something that was done to a file. */
export type Operation =
  | { readonly at: number; readonly bytes: Buffer }
  | { readonly length: number };

/** A file in memory, which remembers each step of its life. */
export class MemoryDisk implements Disk {
  bytes: Buffer;
  /** No file can be longer. */
  capacity = Number.POSITIVE_INFINITY;
  /** Whether the system takes what is written in pieces of a few bytes. */
  slow = false;
  readonly operations: Operation[] = [];

  constructor(content: string | Buffer = '') {
    this.bytes = Buffer.from(content as string);
  }

  look() {
    return { size: this.bytes.length, named: true };
  }

  write(buffers: readonly Uint8Array[], at: number): number {
    const all = Buffer.concat(buffers);
    const room = Math.max(0, this.capacity - at);
    if (room === 0) throw new Error('ENOSPC: no space left on device, write');
    const bytes = all.subarray(0, Math.min(room, this.slow ? 7 : all.length));
    const operation = { at, bytes };
    this.operations.push(operation);
    this.bytes = after(this.bytes, operation);
    return bytes.length;
  }

  cut(length: number): void {
    const operation = { length };
    this.operations.push(operation);
    this.bytes = after(this.bytes, operation);
  }

  get text(): string {
    return this.bytes.toString();
  }
}

/** A file after something was done to it, or after the first `part` bytes of a write. */
export function after(file: Buffer, operation: Operation, part = Number.POSITIVE_INFINITY): Buffer {
  if ('length' in operation) {
    const cut = Buffer.alloc(operation.length);
    file.copy(cut);
    return cut;
  }
  const { at } = operation;
  const bytes = operation.bytes.subarray(0, part);
  const result = Buffer.alloc(Math.max(file.length, at + bytes.length));
  file.copy(result);
  bytes.copy(result, at);
  return result;
}
