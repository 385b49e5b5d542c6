import type { ContainerProblem } from '../source/container-problem.js';
import { ListReader } from '../source/list-reader.js';
import { Found, factsOfPlain } from './hand-over.js';
import { isSlotFree } from './ring.js';
import { nextStretch, PartReader, type Stretches } from './stretches.js';
import { Finds, type FoundTexts } from './thread.js';

/** What is found in a stretch of a megabyte mostly takes three of them. */
const SLOTS = 12;

/** A stretch in which something is wrong, or too much is found: another thread has to read all from there on. */
class GivenUp extends Error {}

/** What this thread reads of a file itself, where it would have to wait for the others. */
export class OwnReading extends Finds {
  readonly #path: string;
  readonly #stretches: Stretches;
  readonly #found: Found;
  readonly #reader: PartReader;
  #isDone = false;

  /** @throws where the file cannot be opened. */
  constructor(path: string, stretches: Stretches, wantsTexts: boolean, texts: FoundTexts) {
    super(SLOTS, texts);
    this.#path = path;
    this.#stretches = stretches;
    const post = this.queue.push.bind(this.queue);
    this.#found = new OwnFound(this.ring, wantsTexts, this.#needSlot, post);
    this.#reader = new PartReader(path, new ListReader(this.#found), this.#found, post);
  }

  /** Whether it can read another stretch: what it has found before was taken. */
  get isFree(): boolean {
    return !this.#isDone && this.queue.length === 0;
  }

  /** Reads the next stretch that nobody else reads. */
  readOn(): void {
    const number = nextStretch(this.#stretches);
    // All slots are free. The first ones again: what was never used takes no memory.
    this.beginAgain();
    this.#found.beginAgain();
    try {
      const facts = this.#reader.readStretch(this.#stretches, number);
      if (facts === 'more') return;
      this.#found.flush();
      if (facts !== undefined)
        this.queue.push({ kind: 'end', facts: factsOfPlain(this.#path, facts) });
    } catch (error) {
      // What cannot be read here, others cannot read, either, and say why.
      this.queue.length = 0;
      this.queue.push({ kind: 'stretch', number, begin: undefined });
      if (!(error instanceof GivenUp) && !isSystemError(error)) throw error;
    }
    this.#isDone = true;
  }

  close(): void {
    this.#isDone = true;
    this.#reader.close();
  }

  /** There is no one who could wait here. */
  readonly #needSlot = (message: number): void => {
    if (!isSlotFree(this.ring, message)) throw new GivenUp();
  };
}

class OwnFound extends Found {
  override onProblem(_problem: ContainerProblem): void {
    throw new GivenUp();
  }
}

function isSystemError(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).syscall !== undefined;
}
