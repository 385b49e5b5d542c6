import { FIELD } from './event-batch.js';
import { FOUR, firstBytes, fourAt } from './four-bytes.js';

/** Longer ones are not remembered. */
const MOST_BYTES = 3 * FOUR;

/*
 * What is remembered of a stretch, and where: three times four bytes with masks of those that count, its length,
 * and the field of its key.
 */
const FIRST = 0;
const SECOND = 1;
const SECOND_MASK = 2;
const THIRD = 3;
const THIRD_MASK = 4;
const LENGTH = 5;
const KEY = 6;
const SLOT = 8;
/** One for each field, and one for the begin of an event. */
const SLOTS = 2 + Math.log2(FIELD.other);

/**
 * Remembers what stood before the values of events: a comma, a key and a colon, and spaces. A tool writes the
 * fields of its events in one order, so behind a field mostly stands what stood there the last time; and
 * comparing takes a third of the time that reading does.
 */
export class ExpectedKeys {
  readonly #slots = new Int32Array(SLOTS * SLOT);

  /**
   * The field whose key is expected behind a field, if it stands at that place. Otherwise 0.
   *
   * @param before 0 at the begin of an event.
   */
  at(bytes: DataView, at: number, before: number): number {
    const slots = this.#slots;
    const slot = slotOf(before);
    const isThere =
      fourAt(bytes, at) === slots[slot + FIRST] &&
      (fourAt(bytes, at + FOUR) & slots[slot + SECOND_MASK]) === slots[slot + SECOND] &&
      (fourAt(bytes, at + 2 * FOUR) & slots[slot + THIRD_MASK]) === slots[slot + THIRD];
    return isThere ? slots[slot + KEY] : 0;
  }

  /** The length of all that is expected before the next value. */
  length(before: number): number {
    return this.#slots[slotOf(before) + LENGTH];
  }

  /** Expects, from now on, what stands between two places: the key of a field, and all that is around it. */
  learn(bytes: DataView, from: number, to: number, before: number, field: number): void {
    const length = to - from;
    if (length < FOUR || length > MOST_BYTES) return;
    const slots = this.#slots;
    const slot = slotOf(before);
    const [second, third] = [maskOf(length - FOUR), maskOf(length - 2 * FOUR)];
    slots[slot + FIRST] = fourAt(bytes, from);
    slots[slot + SECOND] = fourAt(bytes, from + FOUR) & second;
    slots[slot + SECOND_MASK] = second;
    slots[slot + THIRD] = fourAt(bytes, from + 2 * FOUR) & third;
    slots[slot + THIRD_MASK] = third;
    slots[slot + LENGTH] = length;
    slots[slot + KEY] = field;
  }
}

function slotOf(field: number): number {
  return SLOT * (32 - Math.clz32(field));
}

/** What lets so many bytes of four pass: none of less than none, and all of more than four. */
function maskOf(bytes: number): number {
  return bytes < FOUR ? firstBytes(-1, Math.max(0, bytes)) : -1;
}
