import {
  asIntN,
  forEachEntry,
  forEachItem,
  getTime,
  isAnyArrayBuffer,
  isArray,
  isBoxedPrimitive,
  isDataView,
  isDate,
  isError,
  isMap,
  isRegExp,
  isSet,
  isSharedArrayBuffer,
  isView,
  json,
  number,
  objectPrototype,
  object as objects,
  reflect,
  regExpText,
  toISOString,
  toNumber,
  toText,
  toWellFormed,
} from '../../intrinsics/language.js';
import { isPlainJson } from './text.js';

/**
 * JSON of whatever a program hands over. It never throws, always ends, and keeps what can be kept: a
 * value that JSON does not have becomes a string that says what it was.
 *
 * Lone surrogates become U+FFFD, and surrogate pairs are not escaped: an escape like `\ud83d` makes
 * Perfetto give up the whole file.
 */

/** Deeper values are left out: viewers show a few levels only, and recursion needs stack. */
const MAX_DEPTH = 64;
/** How many values of an object are written. What it refers to twice counts twice. */
const MAX_VALUES = 200_000;
/** Behind so many characters of output nothing is added. */
const MAX_LENGTH = 32 * 1024 * 1024;
const MAX_BIGINT_BITS = 1024;

/** The members of an object as JSON without the braces, `"a":1,"b":[2]`; '' where it has none. */
export function jsonMembers(value: object): string {
  const writer = new SafeJson();
  try {
    return writer.members(value);
  } catch {
    // Everything else is caught inside: the program has left too little stack to do so.
    return '"error":"[arguments could not be read: stack exhausted]"';
  }
}

/** A text as a JSON string. */
function jsonString(text: string): string {
  // For most keys that takes a third of the time (Node 20), or a sixth (Node 26).
  return isPlainJson(text) ? `"${text}"` : json.stringify(toWellFormed(text));
}

/** Says what was thrown, whatever it is. Never throws. */
export function describeError(error: unknown): string {
  try {
    if (typeof error !== 'object' || error === null) return toText(error);
    if (!isError(error)) return `{${jsonMembers(error)}}`;
    const { name, message } = error;
    return message === '' ? toText(name) : `${toText(name)}: ${toText(message)}`;
  } catch {
    return '[unreadable error]';
  }
}

/** Gives an object a member, which may be called `__proto__`. */
export function setOwn(of: object, name: string, value: unknown): void {
  // Without a prototype: else a `get` in Object.prototype would count as one of the description.
  const description = { __proto__: null, value, enumerable: true, writable: true };
  objects.defineProperty(of, name, description as PropertyDescriptor);
}

class SafeJson {
  /** The objects that are being written, from the outermost in: so many as `#depth` says. */
  readonly #ancestors: object[] = [];
  #depth = 0;
  #values = 0;
  #length = 0;

  members(object: object): string {
    this.#ancestors[this.#depth++] = object;
    try {
      if (isPlain(object)) return this.#properties(object, objects.keys(object));
      if (isMap(object)) return `"entries":${this.#array(entriesOf(object))}`;
      const keys = isError(object) ? errorKeys(object) : objects.keys(object);
      return this.#properties(object, keys);
    } catch (error) {
      return `"error":${this.#text(unreadable(error))}`;
    } finally {
      this.#depth--;
    }
  }

  #properties(object: object, keys: readonly string[]): string {
    let text = '';
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (this.#exhausted()) {
        text += `${text === '' ? '' : ','}"…":"[cut]"`;
        break;
      }
      const value = this.#property(object, key);
      if (value !== undefined) text += `${text === '' ? '' : ','}${this.#text(key)}:${value}`;
    }
    return text;
  }

  #exhausted(): boolean {
    return this.#values > MAX_VALUES || this.#length > MAX_LENGTH;
  }

  #text(text: string): string {
    this.#length += text.length;
    return jsonString(text);
  }

  #property(object: object, key: string): string | undefined {
    try {
      return this.#value((object as Record<string, unknown>)[key], key);
    } catch (error) {
      // Throws, too, where no stack is left. Then the object around this one, which has some, says so.
      return this.#text(unreadable(error));
    }
  }

  /** JSON, or undefined for what JSON leaves out. */
  #value(value: unknown, key: string): string | undefined {
    this.#values++;
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return number.isFinite(value) ? toText(value) : `"${value}"`;
      case 'boolean':
        return value ? 'true' : 'false';
      case 'bigint':
        return bigint(value);
      case 'symbol':
        return this.#text(toText(value));
      case 'function':
        return this.#text(`[Function: ${functionName(value)}]`);
      case 'object':
        return value === null ? 'null' : this.#object(value, key);
      default:
        return undefined;
    }
  }

  #object(object: object, key: string): string | undefined {
    if (this.#isInside(object)) return '"[Circular]"';
    if (this.#depth >= MAX_DEPTH) return '"[too deep]"';
    if (this.#exhausted()) return '"[cut]"';
    this.#ancestors[this.#depth++] = object;
    try {
      return this.#inside(object, key);
    } finally {
      this.#depth--;
    }
  }

  #isInside(object: object): boolean {
    const ancestors = this.#ancestors;
    for (let i = 0; i < this.#depth; i++) if (ancestors[i] === object) return true;
    return false;
  }

  #inside(object: object, key: string): string | undefined {
    if (isArray(object)) return this.#array(object);
    return isPlain(object) ? this.#ofItsOwn(object, key) : this.#ofClass(object, key);
  }

  #ofClass(object: object, key: string): string | undefined {
    if (isView(object)) return this.#view(object);
    if (isDate(object)) return this.#text(dateText(object));
    if (isError(object)) return `{${this.members(object)}}`;
    if (typeof (object as { toJSON?: unknown }).toJSON === 'function') {
      return this.#ofItsOwn(object, key);
    }
    if (isMap(object)) return this.#map(object);
    if (isSet(object)) return this.#array(itemsOf(object));
    if (isRegExp(object)) return this.#text(regExpText(object));
    if (isAnyArrayBuffer(object)) {
      const kind = isSharedArrayBuffer(object) ? 'SharedArrayBuffer' : 'ArrayBuffer';
      return this.#text(`[${kind}: ${toNumber(object.byteLength)} bytes]`);
    }
    if (isBoxedPrimitive(object)) return this.#value(object.valueOf(), key);
    return this.#ofItsOwn(object, key);
  }

  /** What its `toJSON` gives, or else its members. */
  #ofItsOwn(object: object, key: string): string | undefined {
    const { toJSON } = object as { toJSON?: unknown };
    if (typeof toJSON !== 'function') return `{${this.members(object)}}`;
    const replaced: unknown = reflect.apply(toJSON, object, [key]);
    return replaced === object ? `{${this.members(object)}}` : this.#value(replaced, key);
  }

  #array(items: readonly unknown[]): string {
    let text = '[';
    for (let i = 0; i < items.length; i++) {
      if (i > 0) text += ',';
      if (this.#exhausted()) return `${text}"[cut: ${items.length - i} more]"]`;
      text += this.#property(items, toText(i)) ?? 'null';
    }
    return `${text}]`;
  }

  #view(view: ArrayBufferView): string {
    if (isDataView(view)) return `"[DataView: ${toNumber(view.byteLength)} bytes]"`;
    return this.#array(view as unknown as readonly unknown[]);
  }

  /** As an object where all keys are strings, else as pairs. */
  #map(map: Map<unknown, unknown>): string {
    const entries = entriesOf(map);
    const plain: Record<string, unknown> = {};
    for (let i = 0; i < entries.length; i++) {
      const { 0: key, 1: value } = entries[i];
      if (typeof key !== 'string') return this.#array(entries);
      setOwn(plain, key, value);
    }
    return `{${this.members(plain)}}`;
  }
}

/** Whether an object is of no class. Most are, and need not be compared with each class. */
function isPlain(object: object): boolean {
  return objects.getPrototypeOf(object) === objectPrototype;
}

// These call the language's own methods: methods that an object brings may give anything, or never end.

function dateText(date: Date): string {
  return number.isNaN(getTime(date)) ? 'Invalid Date' : toISOString(date);
}

function entriesOf(map: Map<unknown, unknown>): [unknown, unknown][] {
  const entries: [unknown, unknown][] = [];
  forEachEntry(map, (value, key) => {
    entries[entries.length] = [key, value];
  });
  return entries;
}

function itemsOf(set: Set<unknown>): unknown[] {
  const items: unknown[] = [];
  forEachItem(set, (item) => {
    items[items.length] = item;
  });
  return items;
}

/** The keys of an error, with what says most about it first. */
function errorKeys(error: Error): string[] {
  const keys = ['name', 'message', 'stack', 'cause'];
  const own = objects.keys(error);
  for (let i = 0; i < own.length; i++) {
    const key = own[i];
    const isFirst = key === keys[0] || key === keys[1] || key === keys[2] || key === keys[3];
    if (!isFirst) keys[keys.length] = key;
  }
  return keys;
}

function bigint(value: bigint): string {
  // To work out the digits of a very large one takes seconds.
  const small = asIntN(MAX_BIGINT_BITS, value) === value;
  return small ? `"${value}"` : '"[BigInt: over 1,024 bits]"';
}

function functionName(value: { name?: unknown }): string {
  return typeof value.name === 'string' && value.name !== '' ? value.name : 'anonymous';
}

function unreadable(error: unknown): string {
  return `[threw ${describeError(error)}]`;
}
