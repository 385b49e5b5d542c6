import { clockReadings, forgetReadings } from './clock.js';
import type { Begin, Bounds, Entry } from './ledger.js';
import { argumentsOf, categoryOf, endArgumentsOf, endingOf, type Values } from './variety.js';

/** A call that records something. */
export interface Call {
  readonly name: string;
  /** As it is given, and as it is shown. */
  readonly category: string | undefined;
  readonly cat: string;
  readonly args: Values | undefined;
  readonly endArgs: Values | undefined;
  /** Whether the categories of the tracer have it recorded. */
  readonly recorded: boolean;
  /** Whether what is begun in it belongs to it. */
  readonly isCall: boolean;
}

/** Ways to write a span that run a function in it. */
const CALLS = ['trace', 'promise', 'async function'];

/** A moment before a call. */
export interface Before {
  readonly time: number;
  /** How often the clock had been read. */
  readonly readings: number;
}

/** In which a thread writes down what it does. */
export class Notebook {
  readonly entries: Entry[] = [];
  readonly #prefix: string;
  readonly #origin: bigint;
  /** The category that is not recorded. */
  readonly #skipped: string | undefined;
  #count = 0;

  constructor(prefix: string, origin: bigint, skipped: string | undefined) {
    this.#prefix = prefix;
    this.#origin = origin;
    this.#skipped = skipped;
    forgetReadings();
  }

  before(): Before {
    return { readings: clockReadings.length, time: this.#time() };
  }

  #time(): number {
    return Number(process.hrtime.bigint() - this.#origin);
  }

  /** A name that no other thread gives to anything, and this one only once. */
  name(kind: string): string {
    return `${this.#prefix} ${kind} ${++this.#count}`;
  }

  /** A name for what many calls of this thread share. */
  sharedName(kind: string): string {
    return `${this.#prefix} ${kind}`;
  }

  records(category: string | undefined): boolean {
    return category === undefined || category !== this.#skipped;
  }

  call(kind: string, is: number, defaultCategory = 'default'): Call {
    const category = categoryOf(is);
    return {
      name: this.name(kind) + endingOf(is),
      category,
      cat: category ?? defaultCategory,
      args: argumentsOf(is),
      endArgs: endArgumentsOf(is),
      recorded: this.records(category),
      isCall: CALLS.includes(kind),
    };
  }

  /** The bounds of a call that is over. */
  since({ time, readings }: Before): Bounds {
    return { before: time, after: this.#time(), clock: clockReadings.slice(readings) };
  }

  enter(entry: Entry): void {
    this.entries.push(entry);
  }

  began(
    { name, cat, args = {}, recorded, isCall }: Call,
    form: Begin['form'],
    before: Before,
    parent: string | undefined,
    key?: string | number,
  ): void {
    const at = this.since(before);
    if (recorded) this.enter({ what: 'begin', at, name, cat, args, form, parent, isCall, key });
  }

  ended({ name, recorded }: Call, args: Values | undefined, before: Before, settled = false): void {
    const at = this.since(before);
    if (recorded) this.enter({ what: 'end', at, name, args: args ?? {}, settled });
  }

  detached({ name, recorded }: Call, before: Before): void {
    const at = this.since(before);
    if (recorded) this.enter({ what: 'detach', at, name });
  }
}
