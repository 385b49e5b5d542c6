import type { OpenSpan } from './stream.js';

/**
 * Spans that have begun, ended or become different since they were last taken. The journal and the
 * file are brought up to date with these alone, so that a write costs as much as has happened since
 * the last one, however many spans are open.
 */
export class ChangedSpans {
  #spans: OpenSpan[] = [];

  add(span: OpenSpan): void {
    if (span.changedAt >= 0) return;
    span.changedAt = this.#spans.length;
    this.#spans.push(span);
  }

  /**
   * A span is over. One that neither journal nor file tells of, as it has begun since the last `take()`,
   * leaves the list. Most spans are like that, and to take them off here costs less than to hand them on.
   */
  end(span: OpenSpan): void {
    const { changedAt, known } = span;
    if (known) this.add(span);
    else if (changedAt >= 0) {
      span.changedAt = -1;
      const last = this.#spans.pop();
      if (last === undefined || last === span) return;
      this.#spans[changedAt] = last;
      last.changedAt = changedAt;
    }
  }

  get all(): readonly OpenSpan[] {
    return this.#spans;
  }

  take(): readonly OpenSpan[] {
    const spans = this.#spans;
    this.#spans = [];
    for (const span of spans) span.changedAt = -1;
    return spans;
  }
}
