import {
  atomics,
  charCodeAt,
  encode,
  isError,
  OwnMap,
  object,
  setBytes,
  slice,
  sub,
} from '../../intrinsics/language.js';
import { withOriginals } from '../../intrinsics/originals.js';
import { DEFAULT_CATEGORY, UNNAMED } from '../../trace-event/defaults.js';
import type { Arena } from '../arena/arena.js';
import { COMMIT_EVENT, COUNTER_INVALID, REPORTED_INVALID, WORD_BYTES } from '../arena/layout.js';
import {
  ARG_BOOLEAN,
  ARG_DOUBLE,
  ARG_INT,
  ARG_NULL,
  ARG_STRING,
  ARG_TYPE_BITS,
  FIRST_STRING_ID,
  FRAGMENT_FIRST,
  HEADER_WORDS,
  KIND_DEFINE_LABEL,
  KIND_DEFINE_STRING,
  KIND_FRAGMENT,
  LABEL_INLINE,
  LABEL_SHIFT,
} from '../arena/records.js';
import { clock } from '../clock.js';
import { ArgumentEncoder } from './arguments.js';
import type { CategoryFilter } from './category-filter.js';
import { ChunkWriter, type ChunkWriterOptions } from './chunk-writer.js';
import { type Category, LabelTable } from './labels.js';
import { reportOnce } from './report.js';
import { jsonMembers } from './safe-json.js';
import { paddedWords } from './text.js';

/** `label()` says: not recorded, because of the category filter or because the name is wrong. */
const LABEL_REFUSED = -1;

/** Names, categories and ids are cut to so many UTF-16 code units. */
const MAX_NAME_LENGTH = 2048;
/** JSON up to this length travels in its record, longer JSON in fragments before it. */
const MAX_INLINE_JSON = 4096;
const FRAGMENT_BYTES = 32 * 1024;
/** Arguments of the common sort: so many, and strings of so many characters. */
const FAST_ARGUMENTS = 16;
const FAST_STRING = 64;
/** What a record of these takes at the most: a key and a value of at most this many bytes each. */
const FAST_WORDS = HEADER_WORDS + FAST_ARGUMENTS * (1 + FAST_STRING / WORD_BYTES);

const MAX_KEYS = 4096;
const MAX_KEY_LENGTH = 256;

/**
 * Turns names, ids and arguments into records. Everything user-made passes through here: nothing
 * that a caller hands over makes these methods throw.
 */
export class RecordWriter extends ChunkWriter {
  readonly #filter: CategoryFilter;
  // One for each record being written: more than one where a getter among the arguments records.
  readonly #encoders: ArgumentEncoder[] = [];
  #depth = 0;
  #labels: LabelTable;
  #keys = new OwnMap<string, number>();
  /** Keys of the last arguments, by their places. */
  #knownKeys: { readonly name: string; readonly id: number }[] = [];
  // The category of the last call: most calls repeat it, which saves the first of two look-ups.
  #categoryName: string | undefined;
  #category: Category;
  #inlineName = '';
  /** The last number that a begin was given in this stream. */
  protected beginNumber = 0;

  constructor(arena: Arena, filter: CategoryFilter, options: ChunkWriterOptions) {
    super(arena, options);
    this.#filter = filter;
    this.#labels = new LabelTable(filter);
    this.#category = this.#labels.category(DEFAULT_CATEGORY);
  }

  /** Counts a call that was refused, and warns of the first one. */
  invalid(problem: string): void {
    atomics.add(this.arena.counters, COUNTER_INVALID, 1n);
    reportOnce(
      this.arena,
      REPORTED_INVALID,
      'TRACELANE_INVALID_EVENT',
      `${problem} Further refused calls are not reported: stats().invalid counts them.`,
    );
  }

  /** Whether events of a category are recorded. */
  allows(category: string | undefined): boolean {
    if (category !== this.#categoryName) this.#select(category);
    return this.#category.enabled;
  }

  /**
   * The label of a name in a category: a number, LABEL_INLINE where both have to travel in the
   * record (the next one written), or LABEL_REFUSED.
   */
  protected label(name: string, category: string | undefined): number {
    if (category !== this.#categoryName) this.#select(category);
    const { enabled, labels } = this.#category;
    if (!enabled) return LABEL_REFUSED;
    const label = labels.get(name);
    return label === undefined ? this.#newLabel(name) : label;
  }

  /** Begins a record without a name. What is put into the result stands before the arguments. */
  protected open(): ArgumentEncoder {
    let encoder = this.#encoders[this.#depth];
    if (encoder === undefined) {
      encoder = withOriginals(() => new ArgumentEncoder(this.#lookUpKey));
      this.#encoders[this.#depth] = encoder;
    }
    this.#depth++;
    encoder.reset();
    return encoder;
  }

  /** The same for a kind with a name, whose `label()` was asked for right before. */
  protected openNamed(label: number): ArgumentEncoder {
    const encoder = this.open();
    if (label === LABEL_INLINE) encoder.putTexts(this.#inlineName, this.#category.name);
    return encoder;
  }

  /**
   * Writes the record that was begun. `operand` undefined stands for the next begin number:
   * taken last, as getters among the arguments may record, too. `event` is COMMIT_EVENT, or 0
   * where it stands for no event of its own; `time` 0 stands for the moment at which all else is
   * done. Says false where there is no room, having counted an event as dropped.
   */
  protected finish(
    kind: number,
    label: number,
    operand: number | undefined,
    event: number,
    time: number,
    args: unknown,
  ): boolean {
    try {
      const encoder = this.#encoders[this.#depth - 1];
      if (args !== undefined && args !== null && !this.#putArguments(encoder, args)) {
        if (event !== 0) this.drop();
        return false;
      }
      return this.#place(encoder, kind | (label << LABEL_SHIFT), operand, event, time);
    } finally {
      this.#depth--;
    }
  }

  /**
   * The whole of a record that has a label, or needs none, and nothing before its arguments. Where
   * these are of the common sort they are encoded right into the chunk: for two of them that took a
   * span from 2.5 times two clock reads to 2.1 (Node 20).
   */
  protected write(
    kind: number,
    label: number,
    operand: number | undefined,
    event: number,
    time: number,
    args: unknown,
  ): boolean {
    const at = this.position;
    const end = this.#tryFast(at, args);
    if (end < 0) {
      this.open();
      return this.finish(kind, label, operand, event, time, args);
    }
    const value = operand === undefined ? this.nextBeginNumber() : operand;
    const header = kind | (label << LABEL_SHIFT);
    this.putHeader(at, header, end - at, value, time === 0 ? clock.now() : time);
    this.commit(end - at, event);
    return true;
  }

  #tryFast(at: number, args: unknown): number {
    if (at + FAST_WORDS > this.limit) return -1;
    try {
      return this.#putFast(at + HEADER_WORDS, args);
    } catch {
      // A getter or a proxy threw: the careful way finds out which, and keeps the rest.
      return -1;
    }
  }

  /**
   * Encodes arguments at a word of the chunk, and gives the word behind them: numbers, booleans,
   * null and short ASCII strings, under keys that the last call had in the same places. -1 for
   * anything else.
   */
  #putFast(from: number, args: unknown): number {
    if (typeof args !== 'object' || args === null || isError(args)) return -1;
    const { int32, float64 } = this;
    // It has no place beyond FAST_ARGUMENTS, and strings end at FAST_STRING: so what is written
    // here, unchecked, stays within the FAST_WORDS that `#tryFast` has seen to be there.
    const known = this.#knownKeys;
    const before = this.position;
    let at = from;
    let place = 0;
    for (const name in args) {
      if (!object.hasOwn(args, name)) continue;
      const entry = known[place++];
      if (entry === undefined || entry.name !== name) return -1;
      const value = (args as Record<string, unknown>)[name];
      // A getter that has recorded something has written over what is here.
      if (this.position !== before) return -1;
      const key = entry.id << ARG_TYPE_BITS;
      if (typeof value === 'number') {
        if (value === (value | 0)) {
          int32[at << 1] = key | ARG_INT;
          int32[(at << 1) + 1] = value;
          at++;
        } else {
          int32[at << 1] = key | ARG_DOUBLE;
          float64[at + 1] = value;
          at += 2;
        }
      } else if (typeof value === 'string') {
        const { length } = value;
        if (length > FAST_STRING) return -1;
        int32[at << 1] = key | ARG_STRING;
        int32[(at << 1) + 1] = length;
        if (!this.#putAscii((at + 1) << 3, value)) return -1;
        at += 1 + ((length + 7) >> 3);
      } else if (typeof value === 'boolean') {
        int32[at << 1] = key | ARG_BOOLEAN;
        int32[(at << 1) + 1] = value ? 1 : 0;
        at++;
      } else if (value === null) {
        int32[at << 1] = key | ARG_NULL;
        at++;
      } else return -1;
    }
    return place === 0 ? -1 : at;
  }

  #putAscii(at: number, text: string): boolean {
    const { bytes } = this.arena;
    for (let i = 0; i < text.length; i++) {
      const code = charCodeAt(text, i);
      if (code > 0x7f) return false;
      bytes[at + i] = code;
    }
    return true;
  }

  /** The same where the arguments are JSON members already. */
  protected finishMembers(kind: number, operand: number, time: number, members: string): void {
    const encoder = this.#encoders[this.#depth - 1];
    if (this.#putMembers(encoder, members)) {
      this.#place(encoder, kind, operand, COMMIT_EVENT, time);
    } else this.drop();
    this.#depth--;
  }

  #place(
    encoder: ArgumentEncoder,
    header: number,
    operand: number | undefined,
    event: number,
    time: number,
  ): boolean {
    const words = HEADER_WORDS + encoder.words;
    const at = this.reserve(words);
    if (at < 0) {
      if (event !== 0) this.drop();
      return false;
    }
    encoder.copyTo(this.int32, (at + HEADER_WORDS) << 1);
    const value = operand === undefined ? this.nextBeginNumber() : operand;
    this.putHeader(at, header, words, value, time === 0 ? clock.now() : time);
    this.commit(words, event);
    return true;
  }

  /** Begin numbers go round within 32 bits and leave out 0. */
  protected nextBeginNumber(): number {
    this.beginNumber = (this.beginNumber + 1) | 0 || 1;
    return this.beginNumber;
  }

  /** False where there is no room for what has to stand before the record. */
  #putArguments(encoder: ArgumentEncoder, args: unknown): boolean {
    if (typeof args !== 'object') {
      this.invalid(`Arguments must be an object, not ${typeof args}: recorded without them.`);
      return true;
    }
    if (encoder.putFlat(args as object)) return true;
    const members = jsonMembers(args as object);
    return members === '' || this.#putMembers(encoder, members);
  }

  #putMembers(encoder: ArgumentEncoder, members: string): boolean {
    if (members.length <= MAX_INLINE_JSON) {
      encoder.putMembers(members);
      return true;
    }
    encoder.putLongMembers();
    return this.#writeFragments(members);
  }

  #writeFragments(text: string): boolean {
    const bytes = encode(text);
    for (let start = 0; start < bytes.length; start += FRAGMENT_BYTES) {
      const part = sub(bytes, start, start + FRAGMENT_BYTES);
      const words = HEADER_WORDS + paddedWords(part.length);
      const at = this.reserve(words);
      if (at < 0) return false;
      const operand = part.length | (start === 0 ? FRAGMENT_FIRST : 0);
      this.putHeader(at, KIND_FRAGMENT, words, operand, 0);
      setBytes(this.arena.bytes, part, (at + HEADER_WORDS) * WORD_BYTES);
      this.commit(words, 0);
    }
    return true;
  }

  readonly #lookUpKey = (name: string, place: number): number => {
    const id = this.#keys.get(name) ?? this.#newKey(name);
    // No place beyond that: `#putFast` relies on it.
    if (id !== 0 && place < FAST_ARGUMENTS) this.#knownKeys[place] = { name, id };
    return id;
  };

  #newKey(key: string): number {
    const id = FIRST_STRING_ID + this.#keys.size;
    if (id >= MAX_KEYS || key.length > MAX_KEY_LENGTH) return 0;
    if (!this.writeText(KIND_DEFINE_STRING, id, key, '')) return 0;
    this.#keys.set(key, id);
    return id;
  }

  #select(category: string | undefined): void {
    let name = category === undefined || category === '' ? DEFAULT_CATEGORY : category;
    if (typeof name !== 'string') {
      this.invalid(
        `A category must be a string, not ${typeof name}: '${DEFAULT_CATEGORY}' is used instead.`,
      );
      name = DEFAULT_CATEGORY;
    }
    this.#categoryName = category;
    this.#category = this.#labels.category(cut(name));
  }

  #newLabel(name: string): number {
    if (typeof name !== 'string') {
      this.invalid(`An event's name must be a string, not ${typeof name}: it was not recorded.`);
      return LABEL_REFUSED;
    }
    const category = this.#category;
    const shown = name === '' ? UNNAMED : cut(name);
    const label = this.#labels.next(category, name);
    if (label !== LABEL_INLINE) {
      const header = KIND_DEFINE_LABEL | (label << LABEL_SHIFT);
      if (this.writeText(header, 0, shown, category.name)) {
        this.#labels.add(category, name, label);
        return label;
      }
    }
    this.#inlineName = shown;
    return LABEL_INLINE;
  }

  protected override onNewStream(): void {
    this.#labels = new LabelTable(this.#filter);
    this.#keys = new OwnMap();
    this.#knownKeys = [];
    this.#categoryName = undefined;
    this.#category = this.#labels.category(DEFAULT_CATEGORY);
  }
}

/** Puts an id into a record, where it stands before the arguments. */
export function putId(encoder: ArgumentEncoder, id: string | number): void {
  encoder.putId(typeof id === 'string' ? cut(id) : id);
}

function cut(text: string): string {
  return text.length <= MAX_NAME_LENGTH ? text : slice(text, 0, MAX_NAME_LENGTH);
}
