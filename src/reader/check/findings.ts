import { type Finding, type Report, RULES, type RuleName, type Severity } from './rules.js';

/** What was found: so many of each rule are kept, all are counted. */
export class Findings {
  readonly #keep: number;
  #kept: Finding[] = [];
  readonly #counts = new Map<RuleName, number>();

  constructor(keep: number) {
    this.#keep = keep;
  }

  get counts(): ReadonlyMap<RuleName, number> {
    return this.#counts;
  }

  readonly report: Report = (rule, { index, offset }, message) => {
    const before = this.#counts.get(rule) ?? 0;
    this.#counts.set(rule, before + 1);
    if (before >= this.#keep) return;
    const { severity } = RULES[rule];
    this.#kept.push({ rule, severity, event: index, offset, message });
  };

  /** Adds what was found apart. */
  addAll(others: Findings): void {
    for (const [rule, count] of others.#counts) {
      const before = this.#counts.get(rule) ?? 0;
      this.#counts.set(rule, before + count);
      const room = Math.max(0, this.#keep - before);
      const found = others.#kept.filter((finding) => finding.rule === rule);
      for (const finding of found.slice(0, room)) this.#kept.push(finding);
    }
  }

  /** Takes back what was found of some rules. */
  leaveOut(rules: ReadonlySet<RuleName>): void {
    for (const rule of rules) this.#counts.delete(rule);
    this.#kept = this.#kept.filter(({ rule }) => !rules.has(rule));
  }

  count(severity: Severity): number {
    return Array.from(this.#counts)
      .filter(([rule]) => RULES[rule].severity === severity)
      .reduce((sum, [, times]) => sum + times, 0);
  }

  /** Those that were kept, in the order of the file. */
  sorted(): readonly Finding[] {
    return this.#kept.sort((a, b) => a.offset - b.offset || a.event - b.event);
  }
}
