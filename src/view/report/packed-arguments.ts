import type { Arguments } from '../model/arguments.js';
import { firstAbove } from '../model/search.js';

/** The arguments of some slices, one behind the other. */
export interface Block {
  /** The first slice. */
  readonly first: number;
  /** JSON, a line for each slice; an empty one where it has none. Packed as `deflate`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Arguments as a report carries them: a block is unpacked when it is asked for. */
export class PackedArguments implements Arguments {
  readonly #blocks: readonly Block[];
  readonly #firsts: Uint32Array;
  readonly #count: number;

  /** @param count How many slices there are. */
  constructor(blocks: readonly Block[], count: number) {
    this.#blocks = blocks;
    this.#firsts = Uint32Array.from(blocks, ({ first }) => first);
    this.#count = count;
  }

  async at(slice: number): Promise<unknown> {
    const block = this.#blocks[firstAbove(this.#firsts, slice) - 1];
    if (block === undefined) return undefined;
    const line = (await linesOf(block))[slice - block.first];
    return line ? JSON.parse(line) : undefined;
  }

  async with(text: string): Promise<Uint8Array> {
    const hits = new Uint8Array(this.#count);
    const wanted = JSON.stringify(text).slice(1, -1);
    for (const block of this.#blocks) {
      for (const [place, line] of (await linesOf(block)).entries()) {
        if (line.includes(wanted)) hits[block.first + place] = 1;
      }
    }
    return hits;
  }
}

async function linesOf({ bytes }: Block): Promise<string[]> {
  return new TextDecoder().decode(await unpack(bytes, 'deflate')).split('\n');
}

export async function unpack(
  bytes: Uint8Array<ArrayBuffer>,
  format: 'deflate' | 'gzip',
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
