/** So many fields are named. */
const MAX_NAMES = 20;

/** What the format of an output has no place for, by what it is: how often it was there. */
export class LeftOut {
  readonly counts = new Map<string, number>();
  readonly #fields = new Set<string>();

  /** None of something is no loss. */
  add(what: string, count = 1): void {
    if (count > 0) this.counts.set(what, (this.counts.get(what) ?? 0) + count);
  }

  /** An element of the list of events that is none. */
  addNoEvent(): void {
    this.add('elements of the list that are no events');
  }

  /** Members of the trace beside its list of events. */
  addMembers(names: Iterable<string>): void {
    for (const name of names) {
      if (name !== 'displayTimeUnit' && name !== 'traceEvents') this.add(besideEvents(name));
    }
  }

  /** Fields of an event, but for those of which something is made. */
  addFieldsOf(event: object, made: ReadonlySet<string>): void {
    for (const field in event) if (!made.has(field)) this.addField(field);
  }

  /** A field of an event that nothing is made of. */
  addField(field: string): void {
    if (!this.#fields.has(field) && this.#fields.size >= MAX_NAMES)
      this.add('other fields of events');
    else {
      this.#fields.add(field);
      this.add(`fields '${field}' of events`);
    }
  }
}

export function besideEvents(member: string): string {
  return `what stands beside the events as '${member}'`;
}
