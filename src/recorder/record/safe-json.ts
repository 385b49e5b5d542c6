/**
 * JSON of whatever a program hands over: never throws, never runs for ever, and keeps what can be
 * kept. What JSON cannot say becomes a string that says what it was.
 *
 * All strings are made well-formed (a lone surrogate becomes U+FFFD) and surrogate pairs stand
 * raw: a `\ud83d` escape makes Perfetto give up the whole file.
 */

/** Deeper values are replaced by a word: viewers show a few levels, and recursion needs stack. */
const MAX_DEPTH = 64;
/** Values in one object graph; shared parts count each time they are written. */
const MAX_VALUES = 200_000;
/** Characters of output after which nothing more is added. */
const MAX_LENGTH = 32 * 1024 * 1024;
const MAX_BIGINT_BITS = 64n;

/** The members of an object as JSON without the braces, `"a":1,"b":[2]`; '' where it has none. */
export function jsonMembers(value: object): string {
  const writer = new SafeJson();
  try {
    return writer.members(value);
  } catch {
    // Only the stack can run out here, and only in a program that had used most of it.
    return '"error":"[arguments could not be read: stack exhausted]"';
  }
}

/** A text as a JSON string. */
export function jsonString(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

/** What was thrown, in one line, whatever it is. */
export function describeError(error: unknown): string {
  try {
    if (error instanceof Error) {
      const { name, message } = error;
      return message === '' ? String(name) : `${String(name)}: ${String(message)}`;
    }
    return typeof error === 'object' && error !== null ? `{${jsonMembers(error)}}` : String(error);
  } catch {
    return '[unreadable error]';
  }
}

class SafeJson {
  readonly #ancestors: object[] = [];
  #values = 0;
  #length = 0;

  members(object: object): string {
    this.#ancestors.push(object);
    try {
      if (object instanceof Map) return `"entries":${this.#array(entriesOf(object))}`;
      if (object instanceof Error) return this.#properties(object, errorKeys(object));
      return this.#properties(object, Object.keys(object));
    } catch (error) {
      return `"error":${this.#text(unreadable(error))}`;
    } finally {
      this.#ancestors.pop();
    }
  }

  #properties(object: object, keys: readonly string[]): string {
    let text = '';
    for (const key of keys) {
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
      // Where the stack is full this throws, too, and a level further out has more of it.
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
        return Number.isFinite(value) ? String(value) : `"${value}"`;
      case 'boolean':
        return value ? 'true' : 'false';
      case 'bigint':
        return bigint(value);
      case 'symbol':
        return this.#text(String(value));
      case 'function':
        return this.#text(`[Function: ${functionName(value)}]`);
      case 'object':
        return value === null ? 'null' : this.#object(value, key);
      default:
        return undefined;
    }
  }

  #object(object: object, key: string): string | undefined {
    if (this.#ancestors.includes(object)) return '"[Circular]"';
    if (this.#ancestors.length >= MAX_DEPTH) return '"[too deep]"';
    if (this.#exhausted()) return '"[cut]"';
    const depth = this.#ancestors.length;
    this.#ancestors.push(object);
    try {
      return this.#inside(object, key);
    } finally {
      this.#ancestors.length = depth;
    }
  }

  #inside(object: object, key: string): string | undefined {
    if (Array.isArray(object)) return this.#array(object);
    if (ArrayBuffer.isView(object)) return this.#view(object);
    if (object instanceof Date) {
      return this.#text(dateText(object));
    }
    if (object instanceof Error) return `{${this.members(object)}}`;
    const { toJSON } = object as { toJSON?: unknown };
    if (typeof toJSON === 'function') {
      const replaced: unknown = toJSON.call(object, key);
      return replaced === object ? `{${this.members(object)}}` : this.#value(replaced, key);
    }
    if (object instanceof Map) return this.#map(object);
    if (object instanceof Set) return this.#array(itemsOf(object));
    if (object instanceof RegExp) return this.#text(String(object));
    if (object instanceof ArrayBuffer || object instanceof SharedArrayBuffer) {
      const kind = object instanceof ArrayBuffer ? 'ArrayBuffer' : 'SharedArrayBuffer';
      return this.#text(`[${kind}: ${Number(object.byteLength)} bytes]`);
    }
    if (object instanceof Number || object instanceof String || object instanceof Boolean) {
      return this.#value(object.valueOf(), key);
    }
    return `{${this.members(object)}}`;
  }

  #array(items: readonly unknown[]): string {
    let text = '[';
    for (let i = 0; i < items.length; i++) {
      if (i > 0) text += ',';
      if (this.#exhausted()) return `${text}"[cut: ${items.length - i} more]"]`;
      text += this.#property(items, String(i)) ?? 'null';
    }
    return `${text}]`;
  }

  #view(view: ArrayBufferView): string {
    if (view instanceof DataView) return `"[DataView: ${Number(view.byteLength)} bytes]"`;
    return this.#array(view as unknown as readonly unknown[]);
  }

  /** As an object where all keys are strings, else as pairs. */
  #map(map: Map<unknown, unknown>): string {
    const entries = entriesOf(map);
    if (!entries.every(([key]) => typeof key === 'string')) return this.#array(entries);
    return `{${this.members(Object.fromEntries(entries))}}`;
  }
}

// The methods of the language itself: those that an object brings may give anything, for ever.

function dateText(date: Date): string {
  const valid = !Number.isNaN(Date.prototype.getTime.call(date));
  return valid ? Date.prototype.toISOString.call(date) : 'Invalid Date';
}

function entriesOf(map: Map<unknown, unknown>): [unknown, unknown][] {
  const entries: [unknown, unknown][] = [];
  Map.prototype.forEach.call(map, (value, key) => entries.push([key, value]));
  return entries;
}

function itemsOf(set: Set<unknown>): unknown[] {
  const items: unknown[] = [];
  Set.prototype.forEach.call(set, (item) => items.push(item));
  return items;
}

/** What says most about an error first. */
function errorKeys(error: Error): string[] {
  return [...new Set(['name', 'message', 'stack', 'cause', ...Object.keys(error)])];
}

function bigint(value: bigint): string {
  // Digits of an enormous one take seconds to work out.
  const small = BigInt.asIntN(Number(MAX_BIGINT_BITS) * 16, value) === value;
  return small ? `"${value}"` : '"[BigInt: over 1,024 bits]"';
}

function functionName(value: { name?: unknown }): string {
  return typeof value.name === 'string' && value.name !== '' ? value.name : 'anonymous';
}

function unreadable(error: unknown): string {
  return `[threw ${describeError(error)}]`;
}
