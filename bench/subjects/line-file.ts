import { closeSync, openSync, writeSync } from 'node:fs';

const BLOCK_CHARACTERS = 64 * 1024;

/** Lines that are gathered and written block by block. */
export class LineFile {
  readonly #fd: number;
  #text = '';

  constructor(file: string) {
    this.#fd = openSync(file, 'w');
  }

  add(line: string): void {
    this.#text += line;
    if (this.#text.length >= BLOCK_CHARACTERS) this.flush();
  }

  flush(): void {
    if (this.#text !== '') writeSync(this.#fd, this.#text);
    this.#text = '';
  }

  close(): void {
    this.flush();
    closeSync(this.#fd);
  }
}
