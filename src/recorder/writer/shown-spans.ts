import { isOver, type OpenSpan } from '../assemble/stream.js';
import type { ProvisionalNote } from './checkpoint.js';
import type { Place } from './sink.js';

/** Draws a span as it is now: its events, as they stand in a file, in Latin-1. None if it is over. */
export type DrawSpan = (span: OpenSpan) => readonly string[];

/** If more spans than this have changed, batches in the middle of a flush draw none: the last one draws all. */
const MAX_DRAWN_AT_BATCH = 100;

/**
 * What the output shows of spans that are open. How it does that depends on the output; here is what
 * concerns all: which spans have to be drawn anew. An output that shows nothing needs no more.
 */
export class ShownSpans {
  /** Spans of which the output may show something else than what they are now. */
  readonly #outdated = new Set<OpenSpan>();

  /** These have begun, changed or ended. */
  outdate(spans: readonly OpenSpan[]): void {
    for (const span of spans) {
      // Most are over before the file has shown anything of them.
      if (isOver(span) && !this.shows(span)) this.#outdated.delete(span);
      else this.#outdated.add(span);
    }
  }

  /** Whether drawing is better left to the end of a flush. */
  get canWait(): boolean {
    return this.#outdated.size > MAX_DRAWN_AT_BATCH;
  }

  /** Those outdated, in the order in which they began. They are not, after that. */
  protected takeOutdated(): OpenSpan[] {
    const spans = Array.from(this.#outdated).sort((a, b) => a.start - b.start);
    this.#outdated.clear();
    return spans;
  }

  protected shows(_span: OpenSpan): boolean {
    return false;
  }

  /** Draws all spans that are outdated. Gives the events that have to be written behind the others. */
  update(_draw: DrawSpan, _offset: number): Uint8Array {
    return new Uint8Array(0);
  }

  /** What has to stand in the end of the file, in blocks. */
  get end(): readonly Uint8Array[] {
    return [];
  }

  /** Nothing is to be shown any more: what is open was written for good. */
  withdraw(): void {}

  /** The file was emptied: it shows nothing. */
  forget(): void {
    this.#outdated.clear();
  }

  /** Gives what is stale, to be erased now. */
  takeStale(): Place[] {
    return [];
  }

  /**
   * Only some of the events could be written that should stand for what is stale: what these do not
   * tell of must stay.
   */
  keepAllBut(_isReplaced: (provisional: string) => boolean): void {}

  /** What the journal has to be told: where events were put; with `all`, where any stand. */
  takeNote(_all: boolean): ProvisionalNote | undefined {
    return undefined;
  }

  /** Takes over from another writer. */
  restore(_note: ProvisionalNote): void {}
}
