import type { TracerOptions } from 'tracelane';
import type { Operate, Program, Run, Script, Step } from './program.js';

/** Random numbers that a seed decides: mulberry32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
    // Seeds that are neighbours begin alike.
    for (let i = 0; i < 4; i++) this.below(2);
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(...choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** By weight. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries(weights) as [T, number][];
    let at = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [choice, weight] of entries) {
      at -= weight;
      if (at < 0) return choice;
    }
    throw new Error('no choices');
  }
}

const VARIETY = 2 ** 20;
const CHUNK_BYTES = 64 * 1024;
/** Steps that a body holds at most, and bodies inside each other. */
const MAX_STEPS = 7;
const MAX_DEPTH = 4;

/** Steps that do not wait, by how often they come. */
const AT_ONCE = {
  run: 14,
  open: 10,
  close: 12,
  'close again': 1,
  mark: 4,
  'start flow': 4,
  'step flow': 3,
  'end flow': 4,
  instant: 4,
  counter: 5,
  metadata: 1,
  emit: 1,
  'read clock': 5,
  complete: 4,
  'flush sync': 1,
} as const;
const WAITING = {
  ...AT_ONCE,
  operate: 20,
  parallel: 5,
  background: 3,
  pause: 14,
  flush: 1,
} as const;
type Kind = keyof typeof WAITING;

/** The program of a seed. */
export function generate(seed: number): Program {
  const random = new Random(seed);
  const workers = random.chance(35) ? 1 + random.below(3) : 0;
  const threads = Array.from({ length: 1 + workers }, (_, thread) =>
    new ScriptMaker(random, thread, workers).script(),
  );
  const children = random.chance(2) ? 1 + random.below(2) : 0;
  const options = makeOptions(random, threads.length);
  // A writer thread that is waited for, or the trace is over before it is up.
  if (options.writer === 'thread' && random.chance(80)) threads[0]?.unshift({ do: 'flush' });
  return {
    seed,
    options,
    threads,
    ownWorkers: workers > 0 && random.chance(6),
    children: Array.from({ length: children }, () => new ScriptMaker(random, 0, 0).script()),
    stop: random.chance(80) ? 'stop' : 'stopSync',
  };
}

function makeOptions(random: Random, threads: number): TracerOptions {
  const options: TracerOptions = {
    writer: random.chance(80) ? 'inline' : 'thread',
    flushInterval: random.chance(5) ? 0 : random.pick(1, 5, 100),
    bufferSize: random.chance(20) ? (threads + 1) * CHUNK_BYTES : 16 * CHUNK_BYTES,
    overflow: 'block',
  };
  if (random.chance(25)) options.categories = '*,-verbose';
  if (random.chance(20)) options.processName = 'the model';
  return options;
}

class ScriptMaker {
  readonly #random: Random;
  readonly #thread: number;
  readonly #workers: number;

  constructor(random: Random, thread: number, workers: number) {
    this.#random = random;
    this.#thread = thread;
    this.#workers = workers;
  }

  script(): Step[] {
    const random = this.#random;
    const script: Step[] = [];
    if (random.chance(15)) script.push({ do: 'name thread', is: this.#is() });
    const length = 3 + random.below(20);
    for (let i = 0; i < length; i++) script.push(this.#step(0, true));
    if (random.chance(4)) {
      script.push({ do: 'burst', count: 50 + random.below(400), is: this.#is() });
    }
    if (random.chance(65)) script.push({ do: 'close all' });
    return script;
  }

  #is(): number {
    return this.#random.below(VARIETY);
  }

  #body(depth: number, waits: boolean): Step[] {
    const length = this.#random.below(MAX_STEPS - depth);
    return Array.from({ length }, () => this.#step(depth + 1, waits));
  }

  #step(depth: number, waits: boolean): Step {
    const random = this.#random;
    const kind: Kind = waits ? random.weighted(WAITING) : random.weighted(AT_ONCE);
    const is = this.#is();
    const pick = random.below(1000);
    const deep = depth >= MAX_DEPTH;
    switch (kind) {
      case 'run':
        return this.#run(is, deep, depth);
      case 'operate':
        return this.#operate(is, deep, depth);
      case 'parallel': {
        const branches = Array.from({ length: deep ? 0 : 2 + random.below(2) }, () =>
          this.#body(depth, true),
        );
        return { do: kind, branches };
      }
      case 'background':
        return { do: kind, body: deep ? [] : this.#body(depth, true) };
      case 'pause':
        return { do: kind, how: random.weighted({ microtask: 4, immediate: 8, timer: 1 }) };
      case 'open': {
        const way = random.pick('span', 'beginSpan', 'asyncBegin', 'own id');
        return { do: kind, way, is };
      }
      case 'close':
      case 'mark':
      case 'step flow':
      case 'end flow':
        return { do: kind, pick, is, ...this.#elsewhere() };
      case 'complete':
        return { do: kind, pick, is };
      case 'close again':
      case 'read clock':
      case 'flush':
      case 'flush sync':
        return { do: kind };
      case 'start flow':
      case 'instant':
      case 'counter':
      case 'metadata':
      case 'emit':
        return { do: kind, is };
    }
  }

  #run(is: number, deep: boolean, depth: number): Run {
    const random = this.#random;
    const way = random.pick('span', 'using', 'trace', 'beginSpan', 'function');
    const body: Script = deep ? [] : this.#body(depth, false);
    return { do: 'run', way, is, fails: random.chance(8), body };
  }

  #operate(is: number, deep: boolean, depth: number): Operate {
    const random = this.#random;
    const way = random.pick(
      'trace',
      'trace',
      'promise',
      'function',
      'async function',
      'asyncBegin',
      'span',
    );
    const body: Script = deep ? [] : this.#body(depth, true);
    return { do: 'operate', way, is, fails: random.chance(8), body };
  }

  #elsewhere(): { on: number; wait: boolean } {
    const random = this.#random;
    const on =
      this.#workers > 0 && random.chance(35) ? random.below(1 + this.#workers) : this.#thread;
    return { on, wait: random.chance(50) };
  }
}
