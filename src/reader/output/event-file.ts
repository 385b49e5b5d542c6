import type { TraceEntry } from '../source/entries.js';
import { finiteOrText, textOf } from '../source/entries.js';
import type { EventBatch } from '../source/event-batch.js';
import type { BlockFile } from './block-file.js';
import { LeftOut } from './left-out.js';
import type { TraceFile } from './trace-file.js';

const SEPARATOR = Buffer.from(',\n');

type Form = 'array' | 'object';
type Members = ReadonlyMap<string, unknown>;

function headOf(form: Form): string {
  return form === 'object' ? '{"traceEvents":[' : '[';
}

function tailOf(form: Form, members: Members): string {
  if (form === 'array') return '\n]\n';
  const others = Object.fromEntries(members);
  delete others['traceEvents'];
  const isAlone = Object.keys(others).length === 0;
  return `\n]${isAlone ? '}' : `,${JSON.stringify(others, finiteOrText).slice(1)}`}\n`;
}

/** How many bytes such a file has besides its events and what separates them. */
export function bytesBeside(form: Form = 'array', members: Members = new Map()): number {
  return Buffer.byteLength(headOf(form) + tailOf(form, members));
}

/** Writes a trace in Chrome's format, each event on a line of its own. */
export class EventFile implements TraceFile {
  readonly #file: BlockFile;
  readonly #form: Form;
  readonly #leftOut = new LeftOut();
  readonly overlapping = 0;
  events = 0;

  constructor(file: BlockFile, form: Form = 'array') {
    this.#file = file;
    this.#form = form;
    file.put(headOf(form));
  }

  get size(): number {
    return this.#file.size;
  }

  get leftOut(): ReadonlyMap<string, number> {
    return this.#leftOut.counts;
  }

  write(event: string | Uint8Array): void {
    if (this.events++ > 0) this.#file.put(SEPARATOR);
    this.#file.put(event);
  }

  takeBatch(batch: EventBatch): void {
    const { bytes, start, end, count } = batch;
    for (let row = 0; row < count; row++) this.write(bytes.subarray(start[row], end[row]));
  }

  takeEntry(entry: TraceEntry): void {
    if (entry.event !== undefined) this.write(textOf(entry));
    else this.#leftOut.addNoEvent();
  }

  async end(members: Members = new Map()): Promise<void> {
    this.#file.put(tailOf(this.#form, members));
    this.#file.end();
  }

  close(): void {
    this.#file.close();
  }
}
