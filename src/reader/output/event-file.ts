import { closeSync, openSync, writeSync } from 'node:fs';

const BLOCK_LENGTH = 1024 * 1024;

/** Writes a trace into a new file, each event on a line of its own. */
export class EventFile {
  readonly #fd: number;
  #pieces: string[] = [];
  #length = 0;
  readonly #form: 'array' | 'object';
  events = 0;
  #closed = false;

  constructor(path: string, form: 'array' | 'object' = 'array') {
    this.#fd = openSync(path, 'wx');
    this.#form = form;
    this.#put(form === 'object' ? '{"traceEvents":[' : '[');
  }

  /** Takes the JSON of an event. */
  write(text: string): void {
    this.#put(this.events++ === 0 ? text : `,\n${text}`);
  }

  /**
   * Ends the list. The object form can have other members beside it; an array has no place for
   * them.
   */
  end(members: ReadonlyMap<string, unknown> = new Map()): void {
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
