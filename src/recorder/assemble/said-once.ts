import { metadataShape } from '../../trace-event/metadata.js';
import type { Thread } from '../format/format.js';
import type { Note, WrittenMetadata } from './state.js';

/** Beyond so many bytes, what was said first is forgotten. */
const MAX_BYTES = 2 * 1024 * 1024;

/**
 * The names and the order of processes and threads, as they stand in the file. They are recorded
 * once, perhaps long ago, and are needed again if somebody empties the file.
 */
export class SaidOnce {
  /** The last event of each kind about each thread; the newest last. */
  readonly #events = new Map<string, Uint8Array>();
  #bytes = 0;
  readonly #noted: (note: Note) => void;

  constructor(noted: (note: Note) => void) {
    this.#noted = noted;
  }

  /** Metadata was written: `event` is what the format has put down. */
  take({ tid }: Thread, name: string, event: Uint8Array): void {
    if (metadataShape(name) === undefined) return;
    const isOfProcess = name.startsWith('process_');
    const key = isOfProcess ? name : `${name} ${tid}`;
    const note: WrittenMetadata = {
      kind: 'metadata',
      key,
      event: new Uint8Array(event),
    };
    this.restore(note);
    this.#noted(note);
  }

  events(): Iterable<Uint8Array> {
    return this.#events.values();
  }

  /** Notes of all that is there. */
  *notes(): Generator<Note> {
    for (const [key, event] of this.#events) yield { kind: 'metadata', key, event };
  }

  /** Takes over what another writer has noted. */
  restore({ key, event }: WrittenMetadata): void {
    this.#bytes += event.length - (this.#events.get(key)?.length ?? 0);
    this.#events.delete(key);
    this.#events.set(key, event);
    for (const [oldest, { length }] of this.#events) {
      if (this.#bytes <= MAX_BYTES) return;
      this.#events.delete(oldest);
      this.#bytes -= length;
    }
  }
}
