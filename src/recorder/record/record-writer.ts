import {
  atomics,
  charCodeAt,
  encode,
  isError,
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
  FRAGMENT_FIRST,
  HEADER_WORDS,
  INSIDE_WORDS,
  KIND_DEFINE_LABEL,
  KIND_DEFINE_STRING,
  KIND_FRAGMENT,
  KIND_INSIDE,
  LABEL_INLINE,
  LABEL_SHIFT,
  paddedWords,
} from '../arena/records.js';
import { clock } from '../clock.js';
import { ArgumentEncoder } from './arguments.js';
import type { CategoryFilter } from './category-filter.js';
import { ChunkWriter, type ChunkWriterOptions } from './chunk-writer.js';
import { KeyTable, noKeys } from './keys.js';
import { type Category, LAST_LABELS, LabelTable, noLabels } from './labels.js';
import { reportOnce } from './report.js';
import { jsonMembers } from './safe-json.js';

/** Given by `label()` where the category is filtered out, or the name is no string. */
const LABEL_REFUSED = -1;

/** Names, categories and ids are cut to so many UTF-16 code units. */
const MAX_NAME_LENGTH = 2048;
/** JSON up to this length travels in its record, longer JSON in fragments before it. */
const MAX_INLINE_JSON = 4096;
const FRAGMENT_BYTES = 32 * 1024;
/** What `#putFast` takes: so many arguments, and strings of so many characters. */
const FAST_ARGUMENTS = 16;
const FAST_STRING = 64;
/** The most words that a record of these takes: of each argument, one for its key, and its text. */
const FAST_WORDS = HEADER_WORDS + FAST_ARGUMENTS * (1 + FAST_STRING / WORD_BYTES);

/** A traced call, to which what is recorded in it belongs. */
export interface Call {
  readonly id: number;
  /** The outermost call around it; itself, where there is none. */
  readonly root: { readonly id: number };
}

/**
 * Turns names, ids and arguments into records. Whatever the program hands over, these methods do not
 * throw.
 */
export class RecordWriter extends ChunkWriter {
  readonly #filter: CategoryFilter;
  // One for each record that is being written: a getter among the arguments of one may record another.
  readonly #encoders: ArgumentEncoder[] = [];
  #depth = 0;
  #labels: LabelTable;
  #lastLabels = noLabels();
  #keys = new KeyTable();
  /** The last keys at each place among the arguments: most calls repeat them. */
  #lastKeys = noKeys(FAST_ARGUMENTS);
  // The category of the last call. Most calls repeat it, and need one look-up instead of two.
  #categoryName: string | undefined;
  #category: Category;
  #inlineName = '';
  /** The call to which what this thread records belongs, as the writer was told last. */
  inside: Call | undefined;
  /** Whether there ever was one in this stream. */
  #wasInside = false;
  /** The last number that a begin was given in this stream. */
  protected beginNumber = 0;

  constructor(arena: Arena, filter: CategoryFilter, options: ChunkWriterOptions) {
    super(arena, options);
    this.#filter = filter;
    this.#labels = new LabelTable(filter);
    this.#category = this.#labels.category(DEFAULT_CATEGORY);
  }

  /** Counts a call that was refused or recorded in part, and warns of the first one. */
  invalid(problem: string): void {
    atomics.add(this.arena.counters, COUNTER_INVALID, 1n);
    reportOnce(
      this.arena,
      REPORTED_INVALID,
      'TRACELANE_INVALID_EVENT',
      `${problem} Further refused calls are not reported: stats().invalid counts them.`,
    );
  }

  /** What is recorded from here on belongs to another call, or to none. */
  moveInside(call: Call | undefined): void {
    if (!this.recording) return;
    this.inside = call;
    this.#wasInside = true;
    this.#writeInside();
  }

  #writeInside(): void {
    const at = this.reserve(INSIDE_WORDS);
    // Where there is no room, the next chunk begins with it.
    if (at < 0) return;
    const { inside } = this;
    this.float64[at + HEADER_WORDS] = inside === undefined ? 0 : inside.id;
    this.float64[at + HEADER_WORDS + 1] = inside === undefined ? 0 : inside.root.id;
    this.putHeader(at, KIND_INSIDE, INSIDE_WORDS, 0, 0);
    this.commit(INSIDE_WORDS, 0);
  }

  protected override onNewChunk(): void {
    if (this.#wasInside) this.#writeInside();
  }

  /** Whether events of a category are recorded. */
  allows(category: string | undefined): boolean {
    if (category !== this.#categoryName) this.#select(category);
    return this.#category.enabled;
  }

  /**
   * The label of a name in a category. LABEL_INLINE where it has none: then both travel in the
   * record, which must be begun next, by `openNamed()`. LABEL_REFUSED where nothing is to be recorded.
   */
  protected label(name: string, category: string | undefined): number {
    // A program may hand over anything.
    if (typeof name !== 'string') return this.#lookUpLabel(name, category);
    // Most programs have few names at a time. Where categories alternate, a span takes a seventh less.
    const last = this.#lastLabels[name.length & (LAST_LABELS - 1)];
    if (last.name === name && last.category === category) return last.label;
    const label = this.#lookUpLabel(name, category);
    if (label !== LABEL_REFUSED && label !== LABEL_INLINE) {
      last.name = name;
      last.category = category;
      last.label = label;
    }
    return label;
  }

  #lookUpLabel(name: string, category: string | undefined): number {
    if (category !== this.#categoryName) this.#select(category);
    const { enabled, labels } = this.#category;
    if (!enabled) return LABEL_REFUSED;
    const label = labels.get(name);
    return label === undefined ? this.#newLabel(name) : label;
  }

  /** Begins a record without a name. The caller may put ids into the result, before the arguments. */
  protected open(): ArgumentEncoder {
    // Not beyond the end of the list: there stands what a program may have put into Object.prototype.
    const isNew = this.#depth >= this.#encoders.length;
    const encoder = isNew
      ? withOriginals(() => new ArgumentEncoder(this.#lookUpKey))
      : this.#encoders[this.#depth];
    if (isNew) this.#encoders[this.#depth] = encoder;
    this.#depth++;
    encoder.reset();
    return encoder;
  }

  /** Begins a record with a name, for which `label()` was called right before. */
  protected openNamed(label: number): ArgumentEncoder {
    const encoder = this.open();
    if (label === LABEL_INLINE) encoder.putTexts(this.#inlineName, this.#category.name);
    return encoder;
  }

  /**
   * Writes the record that was begun. False where there is no room; an event is counted as dropped then.
   *
   * @param operand undefined: the next begin number. It is taken after the arguments were read, as
   *   getters among them may begin spans, too.
   * @param event COMMIT_EVENT, or 0 for a record that is no event.
   * @param time 0: the clock is read when all else is done.
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
      const { inside } = this;
      if (args !== undefined && args !== null && !this.#putArguments(encoder, args)) {
        if (event !== 0) this.drop();
        return false;
      }
      // A getter among the arguments may have recorded something inside another call.
      if (this.inside !== inside) this.moveInside(inside);
      return this.#place(encoder, kind | (label << LABEL_SHIFT), operand, event, time);
    } finally {
      this.#depth--;
    }
  }

  /**
   * Begins and writes a record that has a label, or needs none, and no ids before its arguments. Simple
   * arguments are encoded right in the chunk: with two of them that took a span from 2.5 times two
   * clock reads to 2.1 (Node 20). Parameters and result are those of `finish()`.
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
    const { inside } = this;
    const end = this.#tryFast(at, args);
    if (end < 0) {
      if (this.inside !== inside) this.moveInside(inside);
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
      // A getter or a proxy threw. `finish()` keeps all other arguments.
      return -1;
    }
  }

  /**
   * Encodes arguments at a word of the chunk, and gives the word behind them. Takes numbers, booleans,
   * null and short ASCII strings whose keys the stream has defined already; -1 for all else.
   */
  #putFast(from: number, args: unknown): number {
    if (typeof args !== 'object' || args === null || isError(args)) return -1;
    const { int32, float64 } = this;
    // Nothing is checked before it is written here: `#tryFast` has seen that there are FAST_WORDS. No
    // more are written, as there are at most FAST_ARGUMENTS, and longer strings are refused.
    const lastKeys = this.#lastKeys;
    const before = this.position;
    let at = from;
    let count = 0;
    for (const name in args) {
      if (!object.hasOwn(args, name)) continue;
      if (count === FAST_ARGUMENTS) return -1;
      // Before the value is read: `finish()` reads all of them again, and getters may record something.
      let known = lastKeys[count];
      if (known.name !== name) {
        const other = this.#keys.get(name);
        if (other === undefined) return -1;
        lastKeys[count] = known = other;
      }
      const value = (args as Record<string, unknown>)[name];
      // The value came from a getter that has recorded something, in the place of this record.
      if (this.position !== before) return -1;
      if (value === undefined) continue;
      count++;
      const key = known.id << ARG_TYPE_BITS;
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
        at += 1 + paddedWords(length);
      } else if (typeof value === 'boolean') {
        int32[at << 1] = key | ARG_BOOLEAN;
        int32[(at << 1) + 1] = value ? 1 : 0;
        at++;
      } else if (value === null) {
        int32[at << 1] = key | ARG_NULL;
        at++;
      } else return -1;
    }
    return count === 0 ? -1 : at;
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

  /** As `finish()`, where the arguments are JSON members already. */
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

  /** The next begin number: they go round within 32 bits, and leave out 0, which means none. */
  protected nextBeginNumber(): number {
    this.beginNumber = (this.beginNumber + 1) | 0 || 1;
    return this.beginNumber;
  }

  /** False where there is no room for the fragments that have to stand before the record. */
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

  readonly #lookUpKey = (name: string): number => {
    const known = this.#keys.get(name);
    return known === undefined ? this.#newKey(name) : known.id;
  };

  #newKey(key: string): number {
    const id = this.#keys.next(key);
    if (id === 0 || !this.writeText(KIND_DEFINE_STRING, id, key, '')) return 0;
    this.#keys.add(key, id);
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
    this.#keys = new KeyTable();
    this.#lastKeys = noKeys(FAST_ARGUMENTS);
    this.#lastLabels = noLabels();
    this.inside = undefined;
    this.#wasInside = false;
    this.#categoryName = undefined;
    this.#category = this.#labels.category(DEFAULT_CATEGORY);
  }
}

/** Puts an id into a record that was begun, before its arguments. */
export function putId(encoder: ArgumentEncoder, id: string | number): void {
  encoder.putId(typeof id === 'string' ? cut(id) : id);
}

function cut(text: string): string {
  return text.length <= MAX_NAME_LENGTH ? text : slice(text, 0, MAX_NAME_LENGTH);
}
