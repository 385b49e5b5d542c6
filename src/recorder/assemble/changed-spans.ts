import type { OpenSpan } from './stream.js';

/**
 * Spans that have begun, ended or become different since they were last taken. The journal and the
 * file are brought up to date with these alone, so that a write costs as much as has happened since
 * the last one, however many spans are open.
 */
export class ChangedSpans {
  #spans: OpenSpan[] = [];

  add(span: OpenSpan): void {
    if (span.changed) return;
    span.changed = true;
    this.#spans.push(span);
  }

  get all(): readonly OpenSpan[] {
    return this.#spans;
  }

  take(): readonly OpenSpan[] {
    const spans = this.#spans;
    this.#spans = [];
    for (const span of spans) span.changed = false;
    return spans;
  }
}
