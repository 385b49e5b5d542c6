import { STATE_BYTES, type State } from './state.js';

const WORDS = STATE_BYTES / 4;

/** All states that were met, each once, with the step that led to it first. */
export class StateTable {
  count = 0;
  #words = new Int32Array(WORDS << 16);
  #cameFrom = new Int32Array(1 << 16);
  readonly #labels: string[] = [];
  /** Open addressing: index + 1 of a state, or 0. A quarter of it is in use at most. */
  #slots = new Int32Array(1 << 18);

  /** The state as it was stored. */
  copyTo(target: State, index: number): void {
    const words = this.#words.subarray(index * WORDS, (index + 1) * WORDS);
    new Int32Array(target.buffer).set(words);
  }

  /** Stores a state unless it is there already. */
  add(state: State, from: number, label: string): void {
    const words = new Int32Array(state.buffer);
    const slot = this.#find(words);
    if (this.#slots[slot] !== 0) return;
    if (this.count === this.#cameFrom.length) {
      this.#grow();
      this.add(state, from, label);
      return;
    }
    this.#words.set(words, this.count * WORDS);
    this.#cameFrom[this.count] = from;
    this.#labels.push(label);
    this.#slots[slot] = ++this.count;
  }

  /** The steps that lead to a state, from the first one. */
  pathTo(index: number): string[] {
    const steps: string[] = [];
    for (let i = index; i > 0; i = this.#cameFrom[i]) steps.push(this.#labels[i]);
    return steps.reverse();
  }

  /** Where the state stands, or would. */
  #find(words: Int32Array): number {
    const mask = this.#slots.length - 1;
    let slot = hash(words) & mask;
    while (this.#slots[slot] !== 0 && !this.#isAt(this.#slots[slot] - 1, words)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #isAt(index: number, words: Int32Array): boolean {
    const stored = this.#words;
    const start = index * WORDS;
    for (let i = 0; i < WORDS; i++) if (stored[start + i] !== words[i]) return false;
    return true;
  }

  #grow(): void {
    const capacity = this.count * 2;
    const [words, cameFrom] = [this.#words, this.#cameFrom];
    this.#words = new Int32Array(capacity * WORDS);
    this.#words.set(words);
    this.#cameFrom = new Int32Array(capacity);
    this.#cameFrom.set(cameFrom);
    this.#slots = new Int32Array(capacity * 4);
    for (let i = 0; i < this.count; i++) {
      this.#slots[this.#find(words.subarray(i * WORDS, (i + 1) * WORDS))] = i + 1;
    }
  }
}

function hash(words: Int32Array): number {
  let value = 0;
  for (const word of words) value = Math.imul(value ^ word ^ (value >>> 15), 0x9e3779b1);
  return value ^ (value >>> 15);
}
