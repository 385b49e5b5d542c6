import { Buffer } from 'node:buffer';
import { PROVISIONAL, type Subject, subjectOf } from '../../trace-event/provisional.js';

const NEWLINE = 0x0a;
/** Takes the place of the brace that closes an event. */
const MARK = `,"${PROVISIONAL}":true}`;

/** Events in the file one behind the other: where the first one begins, and how long each is. */
export interface Place {
  readonly offset: number;
  readonly lengths: number[];
}

interface Shown {
  readonly text: string;
  readonly offset: number;
  readonly length: number;
  /** Number of the last drawing that it is part of. */
  drawing: number;
}

/**
 * What the file shows of spans that are open: where each of these events stands, so that it can be
 * erased when it does not hold any more. What has not changed since it was written stays in its
 * place, however often it is drawn.
 */
export class ProvisionalEvents {
  /** By their text, in the order in which they stand in the file. */
  readonly #shown = new Map<string, Shown>();
  #drawing = 0;
  /** To be erased. */
  #stale: Shown[] = [];

  /**
   * Takes all that is open, drawn anew, as events in a file. Gives those that the file does not
   * show yet, marked as provisional, to be written at `offset`. What else it shows becomes stale.
   */
  update(events: Uint8Array, offset: number): Uint8Array {
    const drawing = ++this.#drawing;
    const fresh: Buffer[] = [];
    let at = offset;
    for (const text of textsOf(events)) {
      const shown = this.#shown.get(text);
      if (shown === undefined) {
        const event = Buffer.from(text.slice(0, -1) + MARK, 'latin1');
        const { length } = event;
        this.#shown.set(text, { text, offset: at, length, drawing });
        fresh.push(event);
        at += length;
      } else shown.drawing = drawing;
    }
    for (const [text, shown] of this.#shown) {
      if (shown.drawing === drawing) continue;
      this.#shown.delete(text);
      this.#stale.push(shown);
    }
    return Buffer.concat(fresh);
  }

  /** The file was emptied: it shows nothing. */
  forget(): void {
    this.#shown.clear();
    this.#stale = [];
  }

  /** Gives what is stale, to be erased now. */
  takeStale(): Place[] {
    const stale = placesOf(this.#stale);
    this.#stale = [];
    return stale;
  }

  /**
   * Only these of the events could be written that should stand for what is stale: what they do not
   * tell of must stay.
   */
  keepWhatIsNotIn(events: Uint8Array): void {
    if (this.#stale.length === 0) return;
    const subjects = new Set(Array.from(textsOf(events), subject));
    this.#stale = this.#stale.filter(({ text }) => subjects.has(subject(text)));
  }

  /** Where everything stands that is shown, or is stale. */
  save(): Float64Array {
    const all = [...this.#stale, ...this.#shown.values()];
    return Float64Array.from(all.flatMap(({ offset, length }) => [offset, length]));
  }

  /** Takes over from another writer. What that has shown becomes stale with the next update. */
  restore(state: Float64Array): void {
    for (let i = 0; i < state.length; i += 2) {
      const [offset, length] = [state[i], state[i + 1]];
      // Like no event, so that each is drawn once more.
      const text = `{"at":${offset}}`;
      this.#shown.set(text, { text, offset, length, drawing: 0 });
    }
  }
}

/** The events with the commas before them. Latin-1, as only bytes have to be compared. */
function* textsOf(events: Uint8Array): Generator<string> {
  const bytes = Buffer.from(events.buffer, events.byteOffset, events.byteLength);
  for (let at = 0; at < bytes.length; ) {
    // Each begins with a comma and a new line.
    const next = bytes.indexOf(NEWLINE, at + 2);
    const end = next < 0 ? bytes.length : next - 1;
    yield bytes.toString('latin1', at, end);
    at = end;
  }
}

function subject(text: string): string {
  return subjectOf(JSON.parse(text.slice(text.indexOf('{'))) as Subject);
}

/** Those that follow each other in one. */
function placesOf(events: readonly Shown[]): Place[] {
  const places: Place[] = [];
  let end = -1;
  for (const { offset, length } of events.toSorted((a, b) => a.offset - b.offset)) {
    if (offset === end) places.at(-1)?.lengths.push(length);
    else places.push({ offset, lengths: [length] });
    end = offset + length;
  }
  return places;
}
