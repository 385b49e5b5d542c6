import { Buffer } from 'node:buffer';
import { PROVISIONAL, type Subject, subjectOf } from '../../trace-event/provisional.js';
import { isOver, type OpenSpan } from '../assemble/stream.js';
import type { ProvisionalNote } from './checkpoint.js';

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
}

/**
 * What the file shows of spans that are open: where each of these events stands, so that it can be
 * erased when it does not hold any more. What has not changed since it was written stays in its
 * place.
 */
export class ProvisionalEvents {
  readonly #shown = new Map<OpenSpan, readonly Shown[]>();
  /** Spans of which the file may show something else than what they are now. */
  readonly #outdated = new Set<OpenSpan>();
  /** Left by another writer. Nobody knows what they tell of. */
  #inherited: Shown[] = [];
  /** To be erased. */
  #stale: Shown[] = [];
  /** Of which the journal does not know yet. */
  #unsaved: Shown[] = [];

  /** How many spans have to be looked at by the next `update()`. */
  get outdated(): number {
    return this.#outdated.size;
  }

  /** These have begun, changed or ended. */
  outdate(spans: readonly OpenSpan[]): void {
    for (const span of spans) {
      // Most are over before the file has shown anything of them.
      if (isOver(span) && !this.#shown.has(span)) this.#outdated.delete(span);
      else this.#outdated.add(span);
    }
  }

  /**
   * Asks `draw` for the events of all spans that are outdated, as they stand in a file. Gives those
   * that the file does not show yet, marked as provisional, to be written at `offset`. What else it
   * shows of these spans becomes stale.
   */
  update(draw: (span: OpenSpan) => Uint8Array, offset: number): Uint8Array {
    const fresh: string[] = [];
    let at = offset;
    for (const span of Array.from(this.#outdated).sort((a, b) => a.start - b.start)) {
      const before = new Map(this.#shown.get(span)?.map((shown) => [shown.text, shown]));
      const now = textsOf(draw(span)).map((text) => {
        const same = before.get(text);
        if (same !== undefined) {
          before.delete(text);
          return same;
        }
        const length = text.length - 1 + MARK.length;
        const shown = { text, offset: at, length };
        this.#unsaved.push(shown);
        fresh.push(text.slice(0, -1), MARK);
        at += length;
        return shown;
      });
      this.#stale.push(...before.values());
      if (now.length > 0) this.#shown.set(span, now);
      else this.#shown.delete(span);
    }
    this.#outdated.clear();
    this.#stale = this.#stale.concat(this.#inherited);
    this.#inherited = [];
    return Buffer.from(fresh.join(''), 'latin1');
  }

  /** All that is shown becomes stale: what is open was written for good. */
  withdraw(): void {
    this.#stale = this.#all();
    this.forget();
  }

  /** The file was emptied: it shows nothing. */
  forget(): void {
    this.#shown.clear();
    this.#outdated.clear();
    this.#inherited = [];
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
    const subjects = new Set(textsOf(events).map(subject));
    this.#stale = this.#stale.filter(({ text }) => subjects.has(subject(text)));
  }

  /** What the journal has to be told: where events were put; with `all`, where any stand. */
  takeNote(all: boolean): ProvisionalNote | undefined {
    const shown = all ? this.#all() : this.#unsaved;
    this.#unsaved = [];
    if (shown.length === 0) return undefined;
    const places = new Float64Array(2 * shown.length);
    for (const [i, { offset, length }] of shown.entries()) places.set([offset, length], 2 * i);
    return { kind: 'provisional', places };
  }

  /** Takes over from another writer. What that has shown becomes stale with the next update. */
  restore({ places }: ProvisionalNote): void {
    for (let i = 0; i < places.length; i += 2) {
      this.#inherited.push({ text: '{}', offset: places[i], length: places[i + 1] });
    }
  }

  #all(): Shown[] {
    const shown = Array.from(this.#shown.values()).flat();
    return [...this.#stale, ...this.#inherited, ...shown];
  }
}

/** The events with the commas before them. Latin-1, as only bytes have to be compared. */
function textsOf(events: Uint8Array): string[] {
  const texts: string[] = [];
  const bytes = Buffer.from(events.buffer, events.byteOffset, events.byteLength);
  for (let at = 0; at < bytes.length; ) {
    // Each begins with a comma and a new line.
    const next = bytes.indexOf(NEWLINE, at + 2);
    const end = next < 0 ? bytes.length : next - 1;
    texts.push(bytes.toString('latin1', at, end));
    at = end;
  }
  return texts;
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
