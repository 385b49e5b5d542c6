import { type CallFrame, type CallFrames, PROGRAM } from './call-frames.js';
import type { Profile, ProfileNode } from './profiler.js';

/** What slices are recorded by: their times are those of `performance.now()`. */
export interface Track {
  beginAt(time: number, name: string, category: string, args: unknown): number;
  endAt(time: number, slice: number): void;
}

const CATEGORY = 'cpu';

/** Nodes of V8's that stand for no function. */
const IDLE = '(idle)';
const NATIVE = '(program)';
const GARBAGE_COLLECTOR = '(garbage collector)';

/**
 * Turns samples into slices: a function's lasts from the first sample that has it on the stack, at that
 * depth, to the first one that does not. What it holds is open across windows, so nothing ends where a
 * window does.
 */
export class CallStack {
  readonly #frames: CallFrames;
  /** Milliseconds to take away from the times of profiles. */
  readonly #offset: number;
  #open: { readonly frame: CallFrame; readonly slice: number }[] = [];
  /** The time of the last sample that was taken. */
  #lastTime: number;

  /** @param start Samples that are older are left out: they belong to no recording, or to the last. */
  constructor(frames: CallFrames, offset: number, start: number) {
    this.#frames = frames;
    this.#offset = offset;
    this.#lastTime = start;
  }

  /** Takes a window. Samples that the one before had, too, are left out. */
  take({ nodes, startTime, samples = [], timeDeltas = [] }: Profile, track: Track): void {
    const stacks = new Stacks(nodes, this.#frames);
    let microseconds = startTime;
    let previous = -1;
    for (const [i, id] of samples.entries()) {
      microseconds += timeDeltas[i] ?? 0;
      const time = microseconds / 1000 - this.#offset;
      // V8 may give a sample that is earlier than the one before.
      if (time <= this.#lastTime) continue;
      this.#lastTime = time;
      if (id === previous) continue;
      previous = id;
      if (stacks.isGarbageCollector(id)) this.#collectGarbage(stacks.of(id), time, track);
      else this.#show(stacks.of(id), time, track);
    }
  }

  /** Ends all that is open, at the end of the last window. */
  end({ endTime }: Pick<Profile, 'endTime'>, track: Track): void {
    this.#show([], Math.max(endTime / 1000 - this.#offset, this.#lastTime), track);
  }

  #show(stack: readonly CallFrame[], time: number, track: Track): void {
    const open = this.#open;
    let common = 0;
    while (common < open.length && open[common]?.frame === stack[common]) common++;
    while (open.length > common) track.endAt(time, open.pop()?.slice ?? 0);
    for (const frame of stack.slice(common)) {
      open.push({ frame, slice: track.beginAt(time, frame.name, CATEGORY, frame.args) });
    }
  }

  /** V8 shows it without the functions that it has interrupted. They are open still. */
  #collectGarbage(collector: readonly CallFrame[], time: number, track: Track): void {
    const interrupted = this.#open.map(({ frame }) => frame);
    if (interrupted.at(-1) === collector[0]) return;
    this.#show([...interrupted, ...collector], time, track);
  }
}

/** The stacks of a profile, by their last nodes. */
class Stacks {
  readonly #nodes = new Map<number, ProfileNode>();
  readonly #parents = new Map<number, number>();
  readonly #stacks = new Map<number, readonly CallFrame[]>();
  readonly #frames: CallFrames;

  constructor(nodes: readonly ProfileNode[], frames: CallFrames) {
    this.#frames = frames;
    for (const node of nodes) {
      this.#nodes.set(node.id, node);
      for (const child of node.children ?? []) this.#parents.set(child, node.id);
    }
  }

  isGarbageCollector(id: number): boolean {
    return this.#nodes.get(id)?.callFrame.functionName === GARBAGE_COLLECTOR;
  }

  /** The outermost function first. Empty where the thread was idle. */
  of(id: number): readonly CallFrame[] {
    let stack = this.#stacks.get(id);
    if (stack === undefined) {
      stack = this.#find(id);
      this.#stacks.set(id, stack);
    }
    return stack;
  }

  #find(id: number): readonly CallFrame[] {
    const node = this.#nodes.get(id);
    const parent = this.#parents.get(id);
    // The root stands for no function either.
    if (node === undefined || parent === undefined) return [];
    const { callFrame } = node;
    if (callFrame.functionName === IDLE) return [];
    if (callFrame.functionName === NATIVE) return [PROGRAM];
    return [...this.of(parent), this.#frames.of(callFrame)];
  }
}
