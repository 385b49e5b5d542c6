import {
  type CallFrame,
  type FrameSource,
  GARBAGE_COLLECTOR,
  IDLE,
  PROGRAM,
} from './call-frame.js';
import type { Profile, ProfileNode } from './profile.js';

/** What slices are recorded by: their times are those of `performance.now()`. */
export interface Track {
  beginAt(time: number, name: string, category: string, args: unknown): number;
  endAt(time: number, slice: number): void;
  /** A sample of what is open now, where samples are kept besides. */
  sampleAt?(time: number, category: string): void;
}

const CATEGORY = 'cpu';

/**
 * Turns samples into slices: a function's lasts from the first sample that has it on the stack, at that
 * depth, to the first one that does not. What it holds is open across windows, so nothing ends where a
 * window does.
 */
export class CallStack {
  readonly #frames: FrameSource;
  /** Milliseconds to take away from the times of profiles. */
  readonly #offset: number;
  #open: { readonly frame: CallFrame; readonly slice: number }[] = [];
  /** The time of the last sample that was taken. */
  #lastTime: number;

  /** @param start Samples that are older are left out: they belong to no recording, or to the last. */
  constructor(frames: FrameSource, offset: number, start: number) {
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
      // V8 may give a sample that is earlier than the one before. Of several at one time the last one lasts.
      if (time <= this.#lastTime || (i + 1 < samples.length && timeDeltas[i + 1] === 0)) continue;
      this.#lastTime = time;
      if (id !== previous) {
        previous = id;
        if (stacks.isGarbageCollector(id)) this.#collectGarbage(stacks.of(id), time, track);
        else this.#show(stacks.of(id), time, track);
      }
      if (this.#open.length > 0) track.sampleAt?.(time, CATEGORY);
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
  readonly #frames: FrameSource;

  constructor(nodes: readonly ProfileNode[], frames: FrameSource) {
    this.#frames = frames;
    for (const node of nodes) {
      this.#nodes.set(node.id, node);
      for (const child of node.children ?? []) this.#parents.set(child, node.id);
      if (node.parent !== undefined) this.#parents.set(node.id, node.parent);
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

  /** Goes up without calling itself: stacks may be deeper than its own may be. */
  #find(id: number): readonly CallFrame[] {
    const innermostFirst: CallFrame[] = [];
    let above: readonly CallFrame[] = [];
    let at = id;
    // No stack has more functions than there are nodes, unless nodes lead in a circle.
    for (let rest = this.#nodes.size; ; rest--) {
      if (rest < 0) throw new Error('its nodes lie in a circle');
      const node = this.#nodes.get(at);
      const parent = this.#parents.get(at);
      // The root stands for no function either.
      if (node === undefined || parent === undefined) break;
      const { callFrame } = node;
      if (callFrame.functionName === IDLE) break;
      if (callFrame.functionName === PROGRAM.name) {
        above = [PROGRAM];
        break;
      }
      innermostFirst.push(this.#frames.of(callFrame));
      at = parent;
      const known = this.#stacks.get(at);
      if (known !== undefined) {
        above = known;
        break;
      }
    }
    return [...above, ...innermostFirst.reverse()];
  }
}
