import { OwnMap } from '../../intrinsics/language.js';
import { FIRST_STRING_ID } from '../arena/records.js';

const MAX_KEYS = 4096;
const MAX_KEY_LENGTH = 256;

/** A name among arguments that a stream has defined, and its number there. */
export interface Key {
  readonly name: string | undefined;
  readonly id: number;
}

/** The names of arguments that one stream has defined. Bounded, as labels are: others travel as JSON. */
export class KeyTable {
  readonly #keys = new OwnMap<string, Key>();

  get(name: string): Key | undefined {
    return this.#keys.get(name);
  }

  /** The number for a new key; 0 where it can get none. */
  next(name: string): number {
    const id = FIRST_STRING_ID + this.#keys.size;
    return id >= MAX_KEYS || name.length > MAX_KEY_LENGTH ? 0 : id;
  }

  /** Remembers a key once its definition has been written. */
  add(name: string, id: number): void {
    this.#keys.set(name, { name, id });
  }
}

/**
 * No key at each of so many places. As many as are looked at: beyond the end of a list stands what a
 * program may have put into Object.prototype.
 */
export function noKeys(places: number): Key[] {
  const keys: Key[] = [];
  for (let i = 0; i < places; i++) keys[i] = { name: undefined, id: 0 };
  return keys;
}
