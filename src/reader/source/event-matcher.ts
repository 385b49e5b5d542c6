import { numberOf } from '../../trace-event/numbers.js';
import type { RawEvent } from './entries.js';
import { type EventBatch, FIELD } from './event-batch.js';
import type { EventFilter } from './event-filter.js';

const METADATA = 'M';
const BEGIN = 'B'.charCodeAt(0);

/** Tells which events are wanted, by their columns or as they are. */
export class EventMatcher {
  readonly #phases: ReadonlySet<string> | undefined;
  readonly #names: ReadonlySet<string> | undefined;
  readonly #from: number;
  readonly #to: number;
  /** Whether names are wanted, by their numbers, as far as these were seen. */
  readonly #wantedNames: boolean[] = [];

  constructor({ phases, names, from, to }: EventFilter) {
    this.#phases = phases === undefined ? undefined : new Set(phases);
    this.#names = names === undefined ? undefined : new Set(names);
    this.#from = from ?? Number.NEGATIVE_INFINITY;
    this.#to = to ?? Number.POSITIVE_INFINITY;
  }

  /** Whether all events are wanted. */
  get isOpen(): boolean {
    const hasTimes =
      this.#from !== Number.NEGATIVE_INFINITY || this.#to !== Number.POSITIVE_INFINITY;
    return this.#phases === undefined && this.#names === undefined && !hasTimes;
  }

  takesRow(batch: EventBatch, row: number): boolean {
    const fields = batch.fields[row];
    const ph = (fields & FIELD.ph) === 0 ? undefined : String.fromCharCode(batch.ph[row]);
    if (this.#phases !== undefined && (ph === undefined || !this.#phases.has(ph))) return false;
    if (this.#names !== undefined && !this.#wantsName(batch, row)) return false;
    if ((fields & FIELD.ts) === 0 || ph === METADATA) return true;
    const ts = batch.ts[row];
    return this.#isInTime(ts, (fields & FIELD.dur) === 0 ? 0 : batch.dur[row]);
  }

  /** Whether {@link takesRow} may be true of a row of which a begin may still become a complete event. */
  mayTakeRow(batch: EventBatch, row: number): boolean {
    return batch.ph[row] === BEGIN
      ? this.#names === undefined || this.#wantsName(batch, row)
      : this.takesRow(batch, row);
  }

  takes({ ph, name, ts, dur }: RawEvent): boolean {
    if (this.#phases !== undefined && !this.#phases.has(ph as string)) return false;
    if (this.#names !== undefined && !this.#names.has(name as string)) return false;
    const time = numberOf(ts);
    return time === undefined || ph === METADATA || this.#isInTime(time, numberOf(dur) ?? 0);
  }

  #isInTime(ts: number, dur: number): boolean {
    return ts <= this.#to && ts + dur >= this.#from;
  }

  #wantsName({ fields, name, strings }: EventBatch, row: number): boolean {
    if ((fields[row] & FIELD.name) === 0) return false;
    const wanted = this.#wantedNames;
    while (wanted.length < strings.texts.length) {
      wanted.push(this.#names?.has(strings.texts[wanted.length]) ?? true);
    }
    return wanted[name[row]];
  }
}
