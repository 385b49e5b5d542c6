import { writeSync } from 'node:fs';
import type { Framing } from '../format/framing.js';
import type { Outcome, Sink, SinkState } from './sink.js';
import { sleep } from './sleep.js';

/** A reader that has taken nothing for so long is not waited for until it goes on. */
const STALL_MS = 2000;
/** Between two looks whether it has taken something. */
const WAIT_MS = 1;

/** What a stream has to know of a framing. */
type StreamFraming = Pick<Framing, 'closing' | 'wholeEvents' | 'endOfEvent'>;

/**
 * A pipe or a device: what is written stays, so the list is closed at the end only.
 *
 * If its reader takes nothing for two seconds, in one wait or in several, nothing is waited for any
 * more: what the reader does not take at once is lost, until it goes on. An event of which it has
 * a part is completed first, so that what it gets are whole events at any time.
 */
export class StreamSink implements Sink {
  readonly provisional = 'none';
  readonly #fd: number;
  readonly #framing: StreamFraming;
  #size: number;
  /** The rest of an event, which is not there yet. */
  #rest: Uint8Array = new Uint8Array(0);
  #waited = 0;

  constructor(fd: number, kept: number, framing: StreamFraming) {
    this.#fd = fd;
    this.#framing = framing;
    this.#size = kept;
  }

  get size(): number {
    return this.#size;
  }

  get kept(): number {
    return this.#size;
  }

  /** Whether the output has part of an event. */
  get isAmidEvent(): boolean {
    return this.#rest.length > 0;
  }

  get stalled(): boolean {
    return this.#waited >= STALL_MS;
  }

  append(events: Uint8Array): Outcome {
    try {
      this.#rest = this.#rest.subarray(this.#write(this.#rest));
      if (this.#rest.length > 0) return { taken: 0 };
      const written = this.#write(events);
      const whole = this.#framing.wholeEvents(events, written);
      if (whole === written) return { taken: whole };
      // The caller's memory will hold other events.
      const end = this.#framing.endOfEvent(events, written);
      this.#rest = new Uint8Array(events.subarray(written, end));
      return { taken: end };
    } catch (failure) {
      return { taken: 0, failure };
    }
  }

  erase(): void {}

  save(): SinkState {
    return { kept: this.#size };
  }

  wasCut(): boolean {
    return false;
  }

  restart(header: Uint8Array): Outcome {
    return this.append(header);
  }

  end(): number {
    const rest = this.append(new Uint8Array(0));
    if (this.#rest.length > 0) return 1;
    if (rest.failure === undefined) this.append(this.#framing.closing);
    return 0;
  }

  /** Writes as much as the reader takes, and says how much that was. */
  #write(bytes: Uint8Array): number {
    let done = 0;
    while (done < bytes.length) {
      try {
        const count = writeSync(this.#fd, bytes, done, bytes.length - done, null);
        done += count;
        this.#size += count;
        this.#waited = 0;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        if (this.stalled) break;
        sleep(WAIT_MS);
        this.#waited += WAIT_MS;
      }
    }
    return done;
  }
}
