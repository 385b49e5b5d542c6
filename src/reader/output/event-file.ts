import { closeSync, openSync, writeSync } from 'node:fs';

const BLOCK_LENGTH = 1024 * 1024;

/** Writes a new file: a trace, each event on a line of its own, as an array or in the object form. */
export class EventFile {
  readonly #fd: number;
  #pieces: string[] = [];
  #length = 0;
  #form: 'array' | 'object' | undefined;
  events = 0;
  #closed = false;

  constructor(path: string) {
    this.#fd = openSync(path, 'wx');
  }

  /** Takes the JSON of an event. The first one decides about the form. */
  write(text: string, form: 'array' | 'object' = 'array'): void {
    if (this.#form === undefined) this.#begin(form);
    this.#put(this.events++ === 0 ? text : `,\n${text}`);
  }

  /** Ends the list. What stands beside it is written in the object form only. */
  end(members: ReadonlyMap<string, unknown> = new Map()): void {
    if (this.#form === undefined) this.#begin('array');
    const others = Object.fromEntries(members);
    delete others['traceEvents'];
    const rest = Object.keys(others).length === 0 ? '}' : `,${JSON.stringify(others).slice(1)}`;
    this.#put(this.#form === 'object' ? `\n]${rest}\n` : '\n]\n');
    this.#flush();
  }

  /** Can be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#fd);
  }

  #begin(form: 'array' | 'object'): void {
    this.#form = form;
    this.#put(form === 'object' ? '{"traceEvents":[' : '[');
  }

  #put(text: string): void {
    this.#pieces.push(text);
    this.#length += text.length;
    if (this.#length >= BLOCK_LENGTH) this.#flush();
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pieces.join(''));
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    this.#pieces = [];
    this.#length = 0;
  }
}
