import { canTell, die, isBlocked, isOver, stepOf, stepThread, tell } from './recording-thread.js';
import {
  CHILD,
  CHUNK,
  CHUNKS,
  COMMIT,
  COUNT,
  type Context,
  chunkAt,
  contextOf,
  FREE,
  isChunkOf,
  LETTER,
  NEXT_PLACE,
  NO_CHUNK,
  PARENT,
  READ,
  type Scenario,
  SEALED,
  STATE,
  STATE_BYTES,
  type State,
  streamAt,
  threadAt,
  type Variant,
  Violation,
} from './state.js';
import { StateTable } from './state-table.js';
import { stepWriter, writerStepOf } from './writer.js';

export interface Result {
  readonly states: number;
  /** What went wrong first, and the steps that led there; undefined where nothing does. */
  readonly violation: string | undefined;
  readonly steps: readonly string[];
  /** Whether a chunk was lost with a thread that died before its first commit in it. */
  readonly lostEmptyChunk: boolean;
}

const THREADS = [PARENT, CHILD];

/** Looks at every state that any order of steps leads to, those with the fewest steps first. */
export function explore(scenario: Scenario, variant: Variant = {}): Result {
  return new Exploration(contextOf(scenario, variant)).run();
}

class Exploration {
  readonly #context: Context;
  readonly #table = new StateTable();
  /** The state whose steps are being taken, and a copy of it that takes one. */
  readonly #from = new Uint8Array(STATE_BYTES);
  readonly #to = new Uint8Array(STATE_BYTES);
  #index = 0;
  #step = '';
  #lostEmptyChunk = false;

  constructor(context: Context) {
    this.#context = context;
  }

  run(): Result {
    const table = this.#table;
    table.add(initial(), -1, '');
    try {
      for (this.#index = 0; this.#index < table.count; this.#index++) this.#visit();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      const steps = [...table.pathTo(this.#index), this.#step];
      return { ...this.#result(), steps, violation: error.message };
    }
    return this.#result();
  }

  #result(): Result {
    return {
      states: this.#table.count,
      violation: undefined,
      steps: [],
      lostEmptyChunk: this.#lostEmptyChunk,
    };
  }

  /** Takes every step that can be the next one. */
  #visit(): void {
    const [from, context] = [this.#from, this.#context];
    this.#table.copyTo(from, this.#index);
    for (const thread of THREADS) this.#visitThread(thread);
    const step = writerStepOf(from);
    if (step === 'asleep' && THREADS.every((thread) => isBlocked(from, thread))) {
      this.#checkQuiet();
    }
    this.#take(`writer: ${step}`, (s) => stepWriter(s, context));
  }

  #visitThread(thread: number): void {
    const [from, context] = [this.#from, this.#context];
    const step = stepOf(from, thread);
    const tells = !context.asks && canTell(from, thread);
    if (tells) this.#take(`thread ${thread}: tell`, (s) => tell(s, context));
    // It tells at the latest when it has nothing else to do.
    if (!isBlocked(from, thread) && !(tells && step === 'idle')) {
      this.#take(`thread ${thread}: ${step}`, (s) => stepThread(s, thread, context));
    }
    if (context.mortal && thread === CHILD && !isOver(from, thread)) {
      this.#take(`thread ${thread}: dies before ${step}`, (s) => die(s, thread));
    }
  }

  #take(label: string, run: (s: State) => void): void {
    this.#step = label;
    this.#to.set(this.#from);
    run(this.#to);
    this.#checkOwners(this.#to);
    this.#table.add(this.#to, this.#index, label);
  }

  #checkOwners(s: State): void {
    const chunk = s[threadAt(PARENT) + CHUNK];
    if (chunk === NO_CHUNK || chunk !== s[threadAt(CHILD) + CHUNK]) return;
    // Behind its last record a thread may find that its chunk is another's: the seal sees to it.
    const { letters } = this.#context;
    if (THREADS.some((thread) => s[threadAt(thread) + LETTER] === letters[thread].length)) return;
    throw new Violation('a chunk has two owners');
  }

  /**
   * Nothing more happens unless the writer's interval ends. So far it must not have been needed:
   * it is there for what no thread wakes the writer for.
   */
  #checkQuiet(): void {
    const state = this.#from;
    this.#step = 'nothing more';
    if (this.#context.asks) {
      this.#checkInterval(state);
      return;
    }
    for (const thread of THREADS) {
      if (!isOver(state, thread)) throw new Violation('a thread sleeps for ever');
    }
    for (const chunk of CHUNKS) {
      const sealed = (state[chunkAt(chunk) + STATE] & 3) === SEALED;
      if (sealed) throw new Violation('a sealed chunk is not looked at');
    }
    this.#checkEnd(this.#afterMorePasses(state));
  }

  /** Nobody wakes a writer that has to ask who is gone, but the end of its interval. */
  #checkInterval(state: State): void {
    const s = this.#afterMorePasses(state);
    if (THREADS.some((thread) => stepOf(s, thread) === 'asleep')) {
      throw new Violation('a thread sleeps for ever');
    }
    if (THREADS.every((thread) => isOver(s, thread))) this.#checkEnd(s);
  }

  #afterMorePasses(state: State): State {
    const s = state.slice();
    for (let passes = 0; passes < 3; passes++) {
      do stepWriter(s, this.#context);
      while (writerStepOf(s) !== 'asleep');
    }
    return s;
  }

  #checkEnd(s: State): void {
    for (const thread of THREADS) {
      const lost = s[streamAt(thread) + READ] !== s[threadAt(thread) + COUNT];
      if (lost) throw new Violation('a committed record is never read');
    }
    for (const chunk of CHUNKS) {
      if (s[chunkAt(chunk) + STATE] === FREE) continue;
      const empty = s[chunkAt(chunk) + COMMIT] === 0 && isChunkOf(s, chunk, CHILD);
      if (!empty || stepOf(s, CHILD) !== 'dead') throw new Violation('a chunk is never freed');
      this.#lostEmptyChunk = true;
    }
  }
}

function initial(): State {
  const s = new Uint8Array(STATE_BYTES);
  for (const thread of THREADS) {
    s[threadAt(thread) + CHUNK] = NO_CHUNK;
    s[streamAt(thread) + NEXT_PLACE] = 1;
  }
  return s;
}
