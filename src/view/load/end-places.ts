import { isObject } from '../../reader/source/entries.js';
import { firstFrom } from '../model/search.js';
import { type FileOrder, inFileOrder } from './file-order.js';
import { Growing } from './growing.js';

const BITS = 32;

/**
 * Ends that have arguments of their own, as an event `E` or `e` may. Where each stands in the file is
 * found by where the begin stands that it ends.
 */
export class EndPlaces {
  /** A bit for each event, by its place in the list. */
  readonly #withArguments = new Growing(Uint32Array);
  readonly #begins = new Growing(Float64Array);
  readonly #ends = new Growing(Float64Array);
  #order: FileOrder | undefined;

  /** An event may end something, and has arguments. */
  see(index: number): void {
    const place = Math.floor(index / BITS);
    const bits = this.#withArguments.get(place) | (1 << (index % BITS));
    this.#withArguments.set(place, bits >>> 0);
  }

  /** A slice is ended by an event. */
  add(begin: { readonly offset: number }, end: EndEvent | undefined): void {
    if (end === undefined || !this.#has(end.index)) return;
    this.#begins.push(begin.offset);
    this.#ends.push(end.offset);
  }

  /** Where the end stands of what begins there, if it has arguments. All were added. */
  endOf(begin: number): number | undefined {
    this.#order ??= inFileOrder(this.#begins.values.slice());
    const { slices: pairs, offsets } = this.#order;
    const at = firstFrom(offsets, begin, 0, offsets.length);
    return offsets[at] === begin ? this.#ends.get(pairs[at]) : undefined;
  }

  /** Slices, and their ends, in the order in which they stand in the file. */
  withEnds(offsets: Float64Array): FileOrder {
    if (this.#begins.count === 0) return inFileOrder(offsets);
    const all = new Growing(Float64Array);
    const owners = new Growing(Uint32Array);
    for (const [slice, offset] of offsets.entries()) {
      all.push(offset);
      owners.push(slice);
      const end = this.endOf(offset);
      if (end === undefined) continue;
      all.push(end);
      owners.push(slice);
    }
    const order = inFileOrder(all.values);
    return { slices: order.slices.map((at) => owners.get(at)), offsets: order.offsets };
  }

  #has(index: number): boolean {
    const bits = this.#withArguments.get(Math.floor(index / BITS));
    return (bits & (1 << (index % BITS))) !== 0;
  }
}

interface EndEvent {
  readonly index: number;
  readonly offset: number;
}

/** The arguments of a slice: of those that both ends have, the later one stands. */
export function mergeArguments(begin: unknown, end: unknown): unknown {
  if (isObject(begin) && isObject(end)) return { ...begin, ...end };
  return begin ?? end;
}
