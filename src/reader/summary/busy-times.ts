/** So many times are kept: 48 MB. */
const MAX_TIMES = 3_000_000;
/** Begins and ends, one behind the other, that are kept together. */
const BLOCK_LENGTH = 8192;

interface Times {
  readonly blocks: Float64Array[];
  length: number;
}

/** When threads were busy, as long as it is not known when the trace begins and ends. */
export class BusyTimes {
  readonly #times: (Times | undefined)[] = [];
  #count = 0;

  /** False where there are too many to be kept. */
  add(thread: number, from: number, to: number): boolean {
    if (++this.#count > MAX_TIMES) return false;
    const times = this.#times[thread] ?? this.#newTimes(thread);
    const { blocks } = times;
    const at = times.length % BLOCK_LENGTH;
    if (at === 0) blocks.push(new Float64Array(BLOCK_LENGTH));
    const block = blocks[blocks.length - 1];
    block[at] = from;
    block[at + 1] = to;
    times.length += 2;
    return true;
  }

  /** Gives all of them, thread by thread. */
  replay(take: (thread: number, from: number, to: number) => void): void {
    this.#times.forEach((times, thread) => {
      for (let at = 0; times !== undefined && at < times.length; at += 2) {
        const block = times.blocks[Math.floor(at / BLOCK_LENGTH)];
        take(thread, block[at % BLOCK_LENGTH], block[(at % BLOCK_LENGTH) + 1]);
      }
    });
  }

  #newTimes(thread: number): Times {
    const times: Times = { blocks: [], length: 0 };
    this.#times[thread] = times;
    return times;
  }
}
