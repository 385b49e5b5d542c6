const FIRST_MARKS = 64;
/** For one number, the list may grow to less than so many times its length. */
const MAX_GROWTH = 4;
/** It may grow further if one in so many of the numbers below it has come already. */
const SPARSE = 64;

/** Which numbers have come: of few that are large, as of each of many threads, only these are kept. */
export class Marks {
  #marks = new Uint8Array(FIRST_MARKS);
  #far: Set<number> | undefined;

  /** Whether a number comes for the first time. */
  isNew(number: number): boolean {
    if (this.#marks[number] === 1 || this.#far?.has(number) === true) return false;
    if (number >= this.#marks.length && !this.#grow(number)) {
      this.#far ??= new Set();
      this.#far.add(number);
    } else this.#marks[number] = 1;
    return true;
  }

  #grow(number: number): boolean {
    const { length } = this.#marks;
    const far = this.#far?.size ?? 0;
    if (number >= MAX_GROWTH * length && number >= SPARSE * far) return false;
    const larger = new Uint8Array(Math.max(2 * length, number + 1));
    larger.set(this.#marks);
    this.#marks = larger;
    return true;
  }
}
