import { RULES, type RuleName, type Severity } from './rules.js';

/** Something in a trace that a viewer drops, misreads or chokes on. */
export interface Finding {
  readonly rule: RuleName;
  readonly severity: Severity;
  /** Place of the event in the list of events, from 0; -1 if the finding is not about one event. */
  readonly event: number;
  /** Byte of the (unpacked) file. */
  readonly offset: number;
  readonly message: string;
}

export type Report = (
  rule: RuleName,
  at: { readonly index: number; readonly offset: number },
  message: string,
) => void;

/** A rule: how often it was broken, and where first. */
class Broken {
  times = 0;
  readonly #keep: number;
  readonly #kept: Finding[] = [];
  /** The last one of those that are kept, where there were more. */
  #last: Finding | undefined;

  constructor(keep: number) {
    this.#keep = keep;
  }

  /** The first ones, whenever they came: what is wrong with tracks is found thread by thread. */
  get kept(): readonly Finding[] {
    this.#trim();
    return this.#kept;
  }

  /** Whether a finding there would be among the first ones. */
  wants(place: Place): boolean {
    return this.#keep > 0 && (this.#last === undefined || byPlace(place, this.#last) < 0);
  }

  add(finding: Finding): void {
    this.#kept.push(finding);
    if (this.#kept.length >= 2 * this.#keep) this.#trim();
  }

  #trim(): void {
    this.#kept.sort(byPlace);
    if (this.#kept.length < this.#keep) return;
    this.#kept.length = this.#keep;
    this.#last = this.#kept.at(-1);
  }
}

type Place = Pick<Finding, 'offset' | 'event'>;

function byPlace(a: Place, b: Place): number {
  return a.offset - b.offset || a.event - b.event;
}

/** What was found: the first ones of each rule are kept, all are counted. */
export class Findings {
  readonly #keep: number;
  readonly #broken = new Map<RuleName, Broken>();

  constructor(keep: number) {
    this.#keep = keep;
  }

  get counts(): ReadonlyMap<RuleName, number> {
    return new Map(Array.from(this.#broken, ([rule, { times }]) => [rule, times]));
  }

  has(rule: RuleName): boolean {
    return this.#broken.has(rule);
  }

  readonly report: Report = (rule, { index: event, offset }, message) => {
    const broken = this.#of(rule);
    broken.times++;
    if (!broken.wants({ offset, event })) return;
    const { severity } = RULES[rule];
    broken.add({ rule, severity, event, offset, message });
  };

  /** Adds what was found apart. */
  addAll(others: Findings): void {
    for (const [rule, { times, kept }] of others.#broken) {
      const broken = this.#of(rule);
      broken.times += times;
      for (const finding of kept) if (broken.wants(finding)) broken.add(finding);
    }
  }

  #of(rule: RuleName): Broken {
    let broken = this.#broken.get(rule);
    if (broken === undefined) {
      broken = new Broken(this.#keep);
      this.#broken.set(rule, broken);
    }
    return broken;
  }

  /** Takes back what was found of some rules. */
  leaveOut(rules: ReadonlySet<RuleName>): void {
    for (const rule of rules) this.#broken.delete(rule);
  }

  count(severity: Severity): number {
    return Array.from(this.#broken)
      .filter(([rule]) => RULES[rule].severity === severity)
      .reduce((sum, [, { times }]) => sum + times, 0);
  }

  /** Those that were kept, in the order of the file. */
  sorted(): readonly Finding[] {
    return Array.from(this.#broken.values(), ({ kept }) => kept)
      .flat()
      .sort(byPlace);
  }
}
