import { entryOf } from './entry-of.js';
import type { CallEvent } from './read-calls.js';

/** So many requests are remembered of those that were sent, and of those that came. */
const MAX_REMEMBERED = 100_000;

/** Which request that came to a server is which of those that were sent, by what they have carried. */
export class SentRequests {
  readonly #sent = new Map<string, CallEvent>();
  readonly #received: CallEvent[] = [];

  take(call: CallEvent): void {
    const { span, caller, id } = call;
    if (span !== undefined && this.#sent.size < MAX_REMEMBERED) this.#sent.set(span, call);
    if (caller !== undefined && id !== undefined && this.#received.length < MAX_REMEMBERED) {
      this.#received.push(call);
    }
  }

  /**
   * The requests that came to servers, in this process or in others, because of an outermost call: by
   * what it has sent itself, and by what these have sent in turn. Each has the one that was sent as its
   * parent.
   */
  below(id: string): CallEvent[] {
    const byRoot = new Map<string, CallEvent[]>();
    for (const received of this.#received) {
      const sent = this.#sent.get(received.caller ?? '');
      const root = sent?.root ?? sent?.id;
      if (sent === undefined || root === undefined) continue;
      entryOf(byRoot, root, () => []).push({ ...received, parent: sent.id });
    }
    const found: CallEvent[] = [];
    const roots = new Set([id]);
    // Those that are added meanwhile come, too.
    for (const root of roots) {
      for (const call of byRoot.get(root) ?? []) {
        if (call.id === undefined || roots.has(call.id)) continue;
        roots.add(call.id);
        found.push(call);
      }
    }
    return found;
  }
}
