import { last } from './span-list.js';
import type { OpenSpan } from './stream.js';

/**
 * Open async operations to which the program gave an id. Of those with the same one, the last one begun ends
 * first. Operations without such an id are passed over.
 */
export class NamedSpans {
  readonly #open = new Map<string | number, OpenSpan[]>();

  add(span: OpenSpan): void {
    const { key } = span;
    if (key === undefined) return;
    const same = this.#open.get(key);
    if (same === undefined) this.#open.set(key, [span]);
    else same.push(span);
  }

  find(key: string | number): OpenSpan | undefined {
    const same = this.#open.get(key);
    return same && last(same);
  }

  remove(span: OpenSpan): void {
    const { key } = span;
    if (key === undefined) return;
    const same = this.#open.get(key) ?? [];
    same.splice(same.lastIndexOf(span), 1);
    if (same.length === 0) this.#open.delete(key);
  }

  /**
   * Removes many that are marked as ended. Each list is gone over once, as one may be as long as all of
   * them.
   */
  removeEnded(ended: readonly OpenSpan[]): void {
    for (const key of new Set(ended.map(({ key }) => key))) {
      if (key === undefined) continue;
      const left = this.#open.get(key)?.filter((span) => !span.ended) ?? [];
      if (left.length > 0) this.#open.set(key, left);
      else this.#open.delete(key);
    }
  }
}
