import { ByteStrings } from '../../source/byte-strings.js';
import { Marks } from './marks.js';

/** With more names of arguments than that, all are written out: a trace that makes names of its data. */
const MAX_KEYS = 65_536;

/** The numbers of keys that events of a thread have used: its sequence has to say what they are. */
export class UsedKeys {
  readonly #marks = new Marks();
  readonly numbers: number[] = [];

  use(number: number): void {
    if (this.#marks.isNew(number)) this.numbers.push(number);
  }
}

/** Numbers for the names of arguments, the same in all sequences. */
export class Keys {
  readonly #strings = new ByteStrings();

  /** 0 where it has to be written out. */
  id(bytes: Uint8Array, start: number, end: number, hash: number, used: UsedKeys): number {
    if (this.#strings.texts.length >= MAX_KEYS) return 0;
    const id = this.#strings.number(bytes, start, end, hash) + 1;
    used.use(id);
    return id;
  }

  text(id: number): string {
    return this.#strings.texts[id - 1];
  }
}
