import type { TraceEntry } from '../../source/entries.js';
import type { EventBatch } from '../../source/event-batch.js';
import { NothingToWriteError, TraceWriteError } from '../../source/write-error.js';
import type { BlockFile } from '../block-file.js';
import { EventQueue } from '../event-queue.js';
import type { TraceFile } from '../trace-file.js';
import { inTurns } from '../turns.js';
import { CpuProfileWriter } from './cpu-profile.js';
import { SpeedscopeWriter } from './speedscope.js';
import { type ThreadInfo, ThreadSlices } from './thread-slices.js';

/** So many threads are named in an error. */
const MAX_NAMED = 20;

/** Whether a thread is wanted. */
export type ThreadChoice = (thread: ThreadInfo) => boolean;

/** Writes the slices of threads as a profile: one of V8's, which has one thread, or speedscope's. */
export class ProfileFile implements TraceFile {
  readonly #file: BlockFile;
  readonly #output: string;
  readonly #input: string;
  readonly #isPart: boolean;
  readonly #kind: 'cpuprofile' | 'speedscope';
  readonly #choice: ThreadChoice | undefined;
  readonly #slices = new ThreadSlices();
  readonly #queue: EventQueue;

  constructor(
    file: BlockFile,
    kind: 'cpuprofile' | 'speedscope',
    names: { readonly input: string; readonly output: string; readonly isPart: boolean },
    choice: ThreadChoice | undefined,
  ) {
    this.#file = file;
    this.#kind = kind;
    this.#input = names.input;
    this.#isPart = names.isPart;
    this.#output = names.output;
    this.#choice = choice;
    this.#queue = new EventQueue(names.input, this);
  }

  get events(): number {
    return this.#slices.events;
  }

  get size(): number {
    return this.#file.size;
  }

  get leftOut(): ReadonlyMap<string, number> {
    return this.#slices.leftOut.counts;
  }

  get overlapping(): number {
    return 0;
  }

  takeBatch(batch: EventBatch): void {
    this.#slices.takeBatch(batch);
  }

  takeEntry(entry: TraceEntry): void {
    this.#slices.takeEntry(entry);
  }

  write(event: string | Uint8Array): void {
    this.#queue.add(event);
  }

  async end(members: ReadonlyMap<string, unknown> = new Map()): Promise<void> {
    this.#queue.end();
    const slices = this.#slices;
    await inTurns(slices.finish(members, this.#input));
    const wanted = slices.threads.filter(this.#choice ?? (() => true));
    const chosen = new Set(wanted);
    const wants = (thread: ThreadInfo) => chosen.has(thread);
    if (wanted.length === 0 || (this.#kind === 'cpuprofile' && wanted.length > 1)) {
      throw this.#wrongThreads(wanted);
    }
    const writer =
      this.#kind === 'cpuprofile'
        ? new CpuProfileWriter(this.#file, slices.origin, wants)
        : new SpeedscopeWriter(this.#file, wanted, wants);
    await inTurns(slices.visit(writer));
    writer.finish();
    this.#file.end();
    const { leftOut } = slices;
    leftOut.add('slices of other threads', slicesOf(slices.threads) - slicesOf(wanted));
    leftOut.add('slices whose end was cut, as they overlap others', slices.overlapping);
    if (writer instanceof CpuProfileWriter) {
      leftOut.add('slices that are shorter than a microsecond', writer.tooShort);
    }
  }

  /** Can be called again. */
  close(): void {
    this.#slices.close();
    this.#file.close();
  }

  #wrongThreads(wanted: readonly ThreadInfo[]): TraceWriteError {
    const { threads } = this.#slices;
    const listed = (wanted.length > 0 ? wanted : threads).slice(0, MAX_NAMED);
    const named = listed.map(
      ({ pid, tid, name }) => `${pid}/${tid}${name === '' ? '' : ` (${name})`}`,
    );
    const others = (wanted.length > 0 ? wanted : threads).length - listed.length;
    if (others > 0) named.push(`${others} others`);
    if (threads.length === 0) {
      const where = this.#isPart ? `what is kept of ${this.#input}` : this.#input;
      const problem = `there are no slices of threads in ${where}, and a profile has nothing else`;
      const remedy = this.#isPart
        ? 'Keep more of it, or give a name that ends in .json or .pftrace.'
        : 'Convert it to .json or .pftrace.';
      return new NothingToWriteError(this.#output, problem, {}, remedy);
    }
    const problem =
      wanted.length === 0
        ? 'no thread that has slices is the one that was asked for'
        : `a profile of V8's is of one thread, and ${wanted.length} have slices`;
    const remedy = `Choose by --thread one of: ${named.join(', ')}.`;
    return new TraceWriteError(this.#output, problem, {}, remedy);
  }
}

function slicesOf(threads: readonly ThreadInfo[]): number {
  return threads.reduce((sum, { slices }) => sum + slices, 0);
}
