/** So many times are kept: 36 MB. */
const MAX_TIMES = 3_000_000;
/** So many are kept together. */
const BLOCK_LENGTH = 4096;
/** Longer times, in nanoseconds, are seldom, and kept apart. */
const MAX_LENGTH = 2 ** 32 - 1;

/** Twelve bytes for each time. */
interface Block {
  readonly starts: Float64Array;
  readonly lengths: Uint32Array;
}

interface Times {
  readonly blocks: Block[];
  length: number;
  readonly long: { readonly from: number; readonly to: number }[];
}

/** When threads were busy, as long as it is not known when the trace begins and ends. */
export class BusyTimes {
  readonly #times: (Times | undefined)[] = [];
  #count = 0;

  /** Takes a time in whole nanoseconds. False where there are too many to be kept. */
  add(thread: number, from: number, to: number): boolean {
    if (++this.#count > MAX_TIMES) return false;
    const times = this.#times[thread] ?? this.#newTimes(thread);
    const length = to - from;
    if (length > MAX_LENGTH) times.long.push({ from, to });
    else {
      const at = times.length++ % BLOCK_LENGTH;
      if (at === 0) times.blocks.push(newBlock());
      const block = times.blocks[times.blocks.length - 1];
      block.starts[at] = from;
      block.lengths[at] = length;
    }
    return true;
  }

  /** Gives all of them, thread by thread. */
  replay(take: (thread: number, from: number, to: number) => void): void {
    this.#times.forEach((times, thread) => {
      if (times === undefined) return;
      for (const { from, to } of times.long) take(thread, from, to);
      for (let i = 0; i < times.length; i++) {
        const { starts, lengths } = times.blocks[Math.floor(i / BLOCK_LENGTH)];
        const from = starts[i % BLOCK_LENGTH];
        take(thread, from, from + lengths[i % BLOCK_LENGTH]);
      }
    });
  }

  #newTimes(thread: number): Times {
    const times: Times = { blocks: [], length: 0, long: [] };
    this.#times[thread] = times;
    return times;
  }
}

function newBlock(): Block {
  return {
    starts: new Float64Array(BLOCK_LENGTH),
    lengths: new Uint32Array(BLOCK_LENGTH),
  };
}
