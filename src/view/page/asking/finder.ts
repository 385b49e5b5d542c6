import type { FindAnswer, SliceFacts, TraceClient } from '../../wire/questions.js';

/** A person is still typing until they have paused for so many milliseconds. */
const DELAY = 150;
/** How many hits can be walked through. */
const HITS = 1000;

/** Who is told of it. */
export interface Seeker {
  readonly client: TraceClient;
  /** The text has changed. */
  render(): void;
  /** There is something to show, or nothing any more. */
  showFound(isFound: boolean): void;
  /** Goes to a hit. */
  select(slice: number, show: 'in view'): Promise<void>;
  fail(error: unknown): void;
}

/** What is looked for, what was found, and at which hit one is. */
export class Finder {
  text = '';
  found: FindAnswer | undefined;
  /** The place of the hit that was gone to; -1 before the first. */
  hit = -1;
  readonly #seeker: Seeker;
  #looking: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Where to go as soon as something is found. */
  #next: 1 | -1 | undefined;

  constructor(seeker: Seeker) {
    this.#seeker = seeker;
  }

  /** Finds what a person types, when they have typed it, and shows it, unless a link says otherwise. */
  find(text: string, delay = DELAY, isShown = true): void {
    this.text = text;
    this.#looking?.abort();
    this.#looking = undefined;
    clearTimeout(this.#timer);
    this.#seeker.render();
    if (text.trim() === '') {
      this.found = undefined;
      this.#seeker.showFound(false);
      return;
    }
    const looking = new AbortController();
    this.#looking = looking;
    this.#next = undefined;
    this.#timer = setTimeout(() => void this.#look(looking, isShown), delay);
  }

  /** To the next hit, or the one before. */
  go(by: 1 | -1): void {
    if (this.#looking !== undefined) {
      this.#next = by;
      return;
    }
    const hits = this.found?.hits ?? [];
    if (hits.length === 0) return;
    const from = this.hit < 0 && by < 0 ? 0 : this.hit;
    this.hit = (from + by + hits.length) % hits.length;
    const hit = hits[this.hit];
    if (hit) void this.#seeker.select(hit.slice, 'in view');
  }

  /**
   * Finds the same in a trace that has grown: the hits that were there have other numbers, and others may
   * stand before the one that was gone to.
   *
   * @param later By how much what was there is later now.
   */
  async again(later: number): Promise<void> {
    const { found, text } = this;
    if (found === undefined) return;
    const question = { ask: 'find', text, limit: HITS } as const;
    const answer = await this.#seeker.client.ask<'find'>(question);
    if (this.found !== found) return;
    this.found = answer;
    const at = found.hits[this.hit];
    const isSame = ({ name, start }: SliceFacts) => name === at?.name && start === at.start + later;
    this.hit = answer.hits.findIndex(isSame);
  }

  async #look(looking: AbortController, isShown: boolean): Promise<void> {
    const { signal } = looking;
    try {
      const question = { ask: 'find', text: this.text, limit: HITS } as const;
      const found = await this.#seeker.client.ask<'find'>(question, signal);
      if (signal.aborted) return;
      this.found = found;
      this.hit = -1;
      if (isShown) this.#seeker.showFound(true);
      else this.#seeker.render();
    } catch (error) {
      if (signal.aborted) return;
      this.#seeker.fail(error);
    }
    this.#looking = undefined;
    if (this.#next !== undefined) this.go(this.#next);
  }
}
