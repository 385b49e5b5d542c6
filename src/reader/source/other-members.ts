import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-bytes.js';
import { isTooDeep } from './json-depth.js';

/** A longer member is left out. */
export const MAX_MEMBER_BYTES = 16 * 1024 * 1024;
/** Of more members, the later ones are left out. */
const MAX_MEMBERS = 1000;

/** What stands beside the list of events in the object form of a trace. */
export class OtherMembers {
  readonly values = new Map<string, unknown>();
  /** Names of members that were too long, too deep or too many to be kept, or are no JSON. */
  readonly leftOut = new Set<string>();
  /** Name of the member that is being read. */
  key = '';
  /** Why the member that was read last is no JSON, if it is none. */
  problem: string | undefined;
  /** In how many brackets of its value the last bytes end; whether in a string; whether behind a backslash. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  #member: Buffer[] = [];
  #memberBytes = 0;

  /** Whether part of a value was taken, and the rest has to come. */
  get isInside(): boolean {
    return this.#memberBytes > 0;
  }

  /**
   * Takes the value of a member, or the part of it that stands in these bytes. Gives the place of the
   * comma or brace behind it, or the end of the bytes.
   */
  take(bytes: Buffer, from: number): number {
    let i = from;
    for (; i < bytes.length; i++) {
      const byte = bytes[i];
      if (this.#escaped) this.#escaped = false;
      else if (this.#inString) {
        if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth++;
      else if (this.#depth === 0 && (byte === COMMA || byte === CLOSE_BRACE)) {
        this.#keep(bytes.subarray(from, i));
        this.#finish();
        return i;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#depth--;
    }
    this.#keep(bytes.subarray(from, i));
    return i;
  }

  #keep(bytes: Buffer): void {
    this.#memberBytes += bytes.length;
    if (this.#memberBytes <= MAX_MEMBER_BYTES) this.#member.push(Buffer.from(bytes));
  }

  #finish(): void {
    this.problem = undefined;
    if (!this.#parse() && this.leftOut.size < MAX_MEMBERS) this.leftOut.add(this.key);
    this.#member = [];
    this.#memberBytes = 0;
  }

  /** Whether the member is kept. No event depends on one that is broken. */
  #parse(): boolean {
    if (this.#memberBytes > MAX_MEMBER_BYTES) return false;
    const text = Buffer.concat(this.#member).toString();
    if (isTooDeep(text)) return false;
    try {
      const value: unknown = JSON.parse(text);
      if (this.values.size >= MAX_MEMBERS) return false;
      this.values.set(this.key, value);
      return true;
    } catch (error) {
      this.problem = (error as Error).message;
      return false;
    }
  }
}
