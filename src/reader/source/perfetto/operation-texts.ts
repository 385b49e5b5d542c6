import { DEFAULT_CATEGORY, UNNAMED } from '../../../trace-event/defaults.js';
import type { ByteStrings } from '../byte-strings.js';
import type { OpenOperation, Texts, Track } from './track.js';

/** What operations are called: Chrome's format has none without a name and a category, and ends repeat both. */
export class OperationTexts {
  readonly #none: number;
  /** In place of what is not said. */
  readonly #unnamed: Texts;

  /** @param none The number in the table that stands for no text. */
  constructor(strings: ByteStrings, none: number) {
    this.#none = none;
    this.#unnamed = {
      name: strings.numberOf(UNNAMED),
      category: strings.numberOf(DEFAULT_CATEGORY),
    };
  }

  named({ name, category }: Texts): Texts {
    return {
      name: name === this.#none ? this.#unnamed.name : name,
      category: category === this.#none ? this.#unnamed.category : category,
    };
  }

  /** An operation begins on a track. */
  begin(track: Track, said: Texts): OpenOperation {
    const { name, category } = this.named(said);
    const operation = { name, category, drawn: track.outermost?.drawn ?? category };
    track.begin(operation);
    return operation;
  }

  /** One ends: the last one that may be meant. */
  end(track: Track, said: Texts): OpenOperation {
    const ended = track.end((open) => this.mayEnd(said, open));
    if (ended !== undefined) return ended;
    const { name, category } = this.named(said);
    return { name, category, drawn: category };
  }

  /** Whether an end may be that of what is open: it has its name and category, as far as it says these. */
  mayEnd({ name, category }: Texts, open: Texts): boolean {
    const isNamed = name !== this.#none && open.name !== this.#unnamed.name;
    return (
      (!isNamed || open.name === name) && (category === this.#none || open.category === category)
    );
  }
}
