/** Which numbers have come. */
export class Marks {
  #marks = new Uint8Array(64);

  /** Whether a number comes for the first time. */
  isNew(number: number): boolean {
    if (this.#marks[number] === 1) return false;
    if (number >= this.#marks.length) {
      const larger = new Uint8Array(Math.max(2 * this.#marks.length, number + 1));
      larger.set(this.#marks);
      this.#marks = larger;
    }
    this.#marks[number] = 1;
    return true;
  }
}
