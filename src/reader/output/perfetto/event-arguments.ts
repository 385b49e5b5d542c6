import { finiteOrText, isObject } from '../../source/entries.js';
import { CLOSE_BRACE } from '../../source/json-bytes.js';
import { ArgumentEncoder, behindSpace } from './arguments.js';
import { type Keys, UsedKeys } from './keys.js';
import type { Spool } from './spool.js';

/**
 * Puts arguments of events into the spool. They come as bytes of JSON, or parsed where the event had to be
 * parsed as a whole.
 */
export class EventArguments {
  readonly #spool: Spool;
  readonly #encoder: ArgumentEncoder;
  /** Where those of the event stand that is taken, if it was not parsed. */
  #bytes: Uint8Array | undefined;
  #at = 0;

  constructor(spool: Spool, keys: Keys) {
    this.#spool = spool;
    this.#encoder = new ArgumentEncoder(spool.out, keys, new UsedKeys());
  }

  /** Another event is taken. Without bytes, it was parsed, or has no arguments. */
  next(bytes?: Uint8Array, at = 0): void {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Those that stand in bytes. Gives their place in the spool. */
  members(bytes: Uint8Array, from: number, keys: UsedKeys): number {
    const place = this.#spool.begin();
    this.#encoder.members(bytes, from, keys);
    return this.#spool.finish(place);
  }

  /** Those of the event that is taken; `args` if it was parsed. */
  of(args: unknown, keys: UsedKeys): number {
    if (args === undefined && this.#bytes === undefined) return 0;
    const place = this.#spool.begin();
    this.#encode(args, keys);
    return this.#spool.finish(place);
  }

  /** The same, behind the number of a thread. */
  behind(thread: number, args: unknown, keys: UsedKeys): number {
    const place = this.#spool.begin();
    this.#spool.putWord(thread);
    if (args !== undefined || this.#bytes !== undefined) this.#encode(args, keys);
    return this.#spool.finish(place);
  }

  /** Adds to a record what a point of a flow says, under the name of its flow. */
  ofFlow(name: string, args: unknown, keys: UsedKeys): void {
    if (this.#bytes !== undefined) {
      if (isEmptyObject(this.#bytes, this.#at)) return;
      this.#encoder.value(name, this.#bytes, this.#at, keys);
    } else if (isObject(args) && Object.keys(args).length > 0) {
      this.#encoder.value(name, bytesOf(args), 0, keys);
    }
  }

  #encode(args: unknown, keys: UsedKeys): void {
    if (this.#bytes !== undefined) this.#encoder.members(this.#bytes, this.#at, keys);
    else if (isObject(args)) this.#encoder.members(bytesOf(args), 0, keys);
    else this.#encoder.value('args', bytesOf(args), 0, keys);
  }
}

/** The JSON of a value, with a byte of 0 behind it: the encoder looks one byte ahead. */
function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, finiteOrText) ?? 'null'}\0`);
}

/** Whether the object that begins there has no members. */
function isEmptyObject(bytes: Uint8Array, from: number): boolean {
  return bytes[behindSpace(bytes, from + 1)] === CLOSE_BRACE;
}
