import { Buffer } from 'node:buffer';
import type { OpenSpan } from '../assemble/stream.js';
import type { ProvisionalNote } from './checkpoint.js';
import { type DrawSpan, ShownSpans } from './shown-spans.js';
import type { Place } from './sink.js';

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
export class ProvisionalEvents extends ShownSpans {
  readonly #shown = new Map<OpenSpan, readonly Shown[]>();
  /** Left by another writer. Nobody knows what they tell of. */
  #inherited: Shown[] = [];
  /** To be erased. */
  #stale: Shown[] = [];
  /** Of which the journal does not know yet. */
  #unsaved: Shown[] = [];

  protected override shows(span: OpenSpan): boolean {
    return this.#shown.has(span);
  }

  /**
   * Those that the file does not show yet are to be written at `offset`. What else it shows becomes
   * stale.
   */
  override update(draw: DrawSpan, offset: number): Uint8Array {
    const fresh: string[] = [];
    let at = offset;
    for (const span of this.takeOutdated()) {
      const before = new Map(this.#shown.get(span)?.map((shown) => [shown.text, shown]));
      const now = draw(span).map((text) => {
        const same = before.get(text);
        if (same !== undefined) {
          before.delete(text);
          return same;
        }
        const { length } = text;
        const shown = { text, offset: at, length };
        this.#unsaved.push(shown);
        fresh.push(text);
        at += length;
        return shown;
      });
      this.#stale.push(...before.values());
      if (now.length > 0) this.#shown.set(span, now);
      else this.#shown.delete(span);
    }
    this.#stale = this.#stale.concat(this.#inherited);
    this.#inherited = [];
    return Buffer.from(fresh.join(''), 'latin1');
  }

  override withdraw(): void {
    const all = this.#all();
    this.forget();
    this.#stale = all;
  }

  override forget(): void {
    super.forget();
    this.#shown.clear();
    this.#inherited = [];
    this.#stale = [];
    this.#unsaved = [];
  }

  override takeStale(): Place[] {
    const stale = placesOf(this.#stale);
    this.#stale = [];
    return stale;
  }

  override keepAllBut(isReplaced: (provisional: string) => boolean): void {
    this.#stale = this.#stale.filter(({ text }) => text !== '' && isReplaced(text));
  }

  override takeNote(all: boolean): ProvisionalNote | undefined {
    const shown = all ? this.#all() : this.#unsaved;
    this.#unsaved = [];
    if (shown.length === 0) return undefined;
    const places = new Float64Array(2 * shown.length);
    for (const [i, { offset, length }] of shown.entries()) places.set([offset, length], 2 * i);
    return { kind: 'provisional', places };
  }

  /** What the other writer has shown becomes stale with the next update. */
  override restore({ places }: ProvisionalNote): void {
    for (let i = 0; i < places.length; i += 2) {
      this.#inherited.push({ text: '', offset: places[i], length: places[i + 1] });
    }
  }

  #all(): Shown[] {
    const shown = Array.from(this.#shown.values()).flat();
    return [...this.#stale, ...this.#inherited, ...shown];
  }
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
