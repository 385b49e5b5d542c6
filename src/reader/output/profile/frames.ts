import type { RawEvent } from '../../source/entries.js';

/** A function, or what else a slice is named after. */
export interface Frame {
  readonly number: number;
  readonly name: string;
  readonly file: string | undefined;
  /** From 1. */
  readonly line: number | undefined;
  readonly column: number | undefined;
}

/** All that slices are named after, each once. */
export class Frames {
  readonly all: Frame[] = [];
  readonly #byName = new Map<string, Frame>();
  readonly #byPlace = new Map<string, Frame>();

  /** `place`: the arguments of a sample. */
  of(name: string, place: RawEvent | undefined): Frame {
    if (typeof place?.['file'] !== 'string') return this.#in(this.#byName, name, { name });
    const file = place['file'];
    const line = numberIn(place['line']);
    const column = numberIn(place['column']);
    return this.#in(this.#byPlace, JSON.stringify([name, file, line, column]), {
      ...{ name, file, line, column },
    });
  }

  at(number: number): Frame {
    return this.all[number];
  }

  #in(
    known: Map<string, Frame>,
    key: string,
    {
      name,
      file,
      line,
      column,
    }: { name: string; file?: string; line?: number | undefined; column?: number | undefined },
  ): Frame {
    let frame = known.get(key);
    if (frame === undefined) {
      frame = { number: this.all.length, name, file, line, column };
      this.all.push(frame);
      known.set(key, frame);
    }
    return frame;
  }
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
