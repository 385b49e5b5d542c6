import {
  type BigIntStats,
  closeSync,
  fstatSync,
  ftruncateSync,
  statSync,
  writevSync,
} from 'node:fs';
import { clock } from '../clock.js';

/** A file on disk, as the system offers it. All of these throw what the system says. */
export interface Disk {
  /** Its size, and whether it still has a name. */
  look(): { readonly size: number; readonly named: boolean };
  /** Writes at a place; says how much of it was written, which may be a first part only. */
  write(buffers: readonly Uint8Array[], at: number): number;
  /** Cuts it to a length. */
  cut(length: number): void;
}

/**
 * Device and inode of a file, given by descriptor or path: the same for each name of the file, and never
 * the same for two files that are there. Undefined where there is no regular file.
 */
export function identityOf(file: number | string): string | undefined {
  try {
    const info =
      typeof file === 'number'
        ? fstatSync(file, { bigint: true })
        : statSync(file, { bigint: true });
    return info.isFile() ? identityIn(info) : undefined;
  } catch {
    return undefined;
  }
}

function identityIn({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/**
 * Closes what was opened with this number, if it is open still. Programs that go into the background close
 * what they find open, and then the number may be that of another file, or of one of Node's own.
 *
 * @param identity Of what was opened: see {@link identityOf}.
 */
export function closeFile(fd: number, identity: string | undefined): void {
  try {
    if (identityOf(fd) === identity) closeSync(fd);
  } catch {
    // It is closed. What was written is in the file.
  }
}

/** The file of that identity that was opened with this number. */
export function openDisk(fd: number, identity: string): Disk {
  return {
    look: () => {
      const now = fstatSync(fd, { bigint: true });
      if (identityIn(now) !== identity) throw new Error('CLOSED: another file has its number');
      return { size: Number(now.size), named: now.nlink > 0n };
    },
    write: (buffers, at) => writevSync(fd, buffers, at),
    cut: (length) => ftruncateSync(fd, length),
  };
}

/** How long a file is; 0 where that cannot be seen: the first write says why. */
export function sizeOf(disk: Disk): number {
  try {
    return disk.look().size;
  } catch {
    return 0;
  }
}

/** Milliseconds for which a look holds. Longer is what a flush of more than a few events takes. */
const LOOK_HOLDS_MS = 0.05;

/**
 * Looks at a file before it is written: once only, where somebody has asked right before whether it was
 * cut.
 */
export class Watch {
  readonly #disk: Disk;
  /** What `isShorter()` has seen, for the write that follows: to look is a good part of a small flush. */
  #seen: ReturnType<Disk['look']> | undefined;
  #seenAt = 0;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  isShorter(length: number): boolean {
    // A look that fails leaves nothing: the write that follows has to look, too.
    this.#seen = undefined;
    try {
      this.#seenAt = clock.now();
      this.#seen = this.#disk.look();
      return this.#seen.size < length;
    } catch {
      // Nor can it be written: the write says why.
      return false;
    }
  }

  /** How long it is, right before it is written. Throws if nobody would find what is written. */
  length(): number {
    const seen = clock.now() - this.#seenAt < LOOK_HOLDS_MS ? this.#seen : undefined;
    this.#seen = undefined;
    const { size, named } = seen ?? this.#disk.look();
    // What is written to a file without a name succeeds, and is gone when it is closed.
    if (!named) throw new Error('REMOVED: the file is there no more');
    return size;
  }
}

/** Writes all of it, in as many pieces as the system takes. */
export function writeAll(
  disk: Disk,
  buffers: readonly Uint8Array[],
  at: number,
  onProgress?: (count: number) => void,
): void {
  let done = 0;
  for (let rest = buffers; rest.length > 0; ) {
    const count = disk.write(rest, at + done);
    done += count;
    onProgress?.(done);
    rest = behind(rest, count);
  }
}

/** What is left of buffers behind their first `count` bytes. */
function behind(buffers: readonly Uint8Array[], count: number): Uint8Array[] {
  let skipped = 0;
  return buffers.flatMap((buffer) => {
    const from = Math.max(0, count - skipped);
    skipped += buffer.length;
    return from < buffer.length ? [buffer.subarray(from)] : [];
  });
}
