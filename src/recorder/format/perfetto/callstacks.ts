import { callstack, frame, interned, mapping } from '../../../encoding/perfetto/fields.js';
import { MAX_NUMBERS } from '../../../encoding/perfetto/packets.js';
import { NUMBER_ROOM, type WireBuffer } from '../../../encoding/perfetto/wire.js';
import { asObject } from '../argument-values.js';
import type { SampledFunction } from '../format.js';
import { Numbers, Texts } from './interning.js';

/** So many stacks are remembered. One that is forgotten gets another number. */
const MAX_STACKS = 20_000;
/** Columns of a line, in the one number by which a place in a file is told from others. */
const COLUMNS = 2 ** 16;

/**
 * The stacks of a sequence's samples. A stack is a list of frames, a frame a function in a mapping, and a
 * mapping a file here. `added` gets each of them with its number when it comes for the first time.
 */
export class Callstacks {
  readonly #added: WireBuffer;
  readonly #functionNames: Texts;
  readonly #mappingPaths: Texts;
  readonly #sourcePaths: Texts;
  readonly #texts = new Numbers();
  readonly #frames = new Map<string, number>();
  readonly #mappings = new Map<string, number>();
  readonly #stacks = new Map<string, number>();
  /** Those that have come before, by what runs: most samples see what the one before saw. */
  readonly #framesOf = new WeakMap<SampledFunction, number>();
  readonly #stacksOf = new WeakMap<SampledFunction, number>();
  #lastStack = 0;

  constructor(added: WireBuffer) {
    this.#added = added;
    this.#functionNames = new Texts(added, interned.functionName, this.#texts);
    this.#mappingPaths = new Texts(added, interned.mappingPath, this.#texts);
    this.#sourcePaths = new Texts(added, interned.sourcePath, this.#texts);
  }

  /** The number of a stack, outermost function first. It is not empty. */
  id(stack: readonly SampledFunction[]): number {
    const innermost = stack[stack.length - 1];
    let id = this.#stacksOf.get(innermost);
    if (id === undefined) {
      id = this.#stack(stack.map((running) => this.#frame(running)));
      // What is around a function does not change as long as it runs.
      this.#stacksOf.set(innermost, id);
    }
    return id;
  }

  /** The sequence begins anew then. */
  get isFull(): boolean {
    return [this.#lastStack, this.#frames.size, this.#texts.last].some(
      (last) => last > MAX_NUMBERS,
    );
  }

  #stack(frames: readonly number[]): number {
    const key = frames.join();
    const known = this.#stacks.get(key);
    if (known !== undefined) return known;
    if (this.#stacks.size >= MAX_STACKS) this.#stacks.clear();
    const id = ++this.#lastStack;
    this.#stacks.set(key, id);
    const added = this.#added;
    added.reserve((frames.length + 2) * NUMBER_ROOM);
    const start = added.open(interned.callstack);
    added.field(callstack.id, id);
    for (const number of frames) added.field(callstack.frame, number);
    added.close(start);
    return id;
  }

  #frame(running: SampledFunction): number {
    let id = this.#framesOf.get(running);
    if (id === undefined) {
      id = this.#frameOf(running);
      this.#framesOf.set(running, id);
    }
    return id;
  }

  #frameOf({ label: { name }, args }: SampledFunction): number {
    const { file, line, column } = args === undefined ? {} : (asObject(args) as Partial<Place>);
    const key = `${file}\n${line}\n${column}\n${name}`;
    const known = this.#frames.get(key);
    if (known !== undefined) return known;
    const id = this.#frames.size + 1;
    this.#frames.set(key, id);
    const functionName = this.#functionNames.id(name);
    const mappingId = this.#mapping(file);
    const added = this.#added;
    const sourcePath = file === undefined ? 0 : this.#sourcePaths.id(file);
    added.reserve(8 * NUMBER_ROOM);
    const start = added.open(interned.frame);
    added.field(frame.id, id);
    added.field(frame.functionName, functionName);
    added.field(frame.mapping, mappingId);
    if (line !== undefined) {
      added.field(frame.place, line * COLUMNS + Math.min(column ?? 0, COLUMNS - 1));
      added.field(frame.sourcePath, sourcePath);
      added.field(frame.line, line);
    }
    added.close(start);
    return id;
  }

  /** Functions of V8's own are in no file, but no frame is without a mapping. */
  #mapping(file = ''): number {
    const known = this.#mappings.get(file);
    if (known !== undefined) return known;
    const id = this.#mappings.size + 1;
    this.#mappings.set(file, id);
    // Who reads them puts a slash before each part of a path.
    const path = this.#mappingPaths.id(file.replace(/^\//, ''));
    const added = this.#added;
    added.reserve(4 * NUMBER_ROOM);
    const start = added.open(interned.mapping);
    added.field(mapping.id, id);
    added.field(mapping.path, path);
    added.close(start);
    return id;
  }
}

/** Where a function stands. */
interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}
