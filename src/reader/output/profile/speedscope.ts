import { NS_PER_US } from '../../../trace-event/numbers.js';
import type { BlockFile } from '../block-file.js';
import type { Frame } from './frames.js';
import type { SliceVisitor, ThreadInfo } from './thread-slices.js';

const SCHEMA = 'https://www.speedscope.app/file-format-schema.json';

/** Writes slices in speedscope's own format: an evented profile for each thread. */
export class SpeedscopeWriter implements SliceVisitor {
  readonly #file: BlockFile;
  readonly #wants: (thread: ThreadInfo) => boolean;
  /** Nanoseconds of the first slice. */
  readonly #earliest: number;
  /** Frames that are used, in the order in which they got their numbers. */
  readonly #frames: Frame[] = [];
  readonly #numbers = new Map<Frame, number>();
  #thread: ThreadInfo | undefined;
  #profiles = 0;
  #events = 0;

  constructor(
    file: BlockFile,
    threads: readonly ThreadInfo[],
    wants: (thread: ThreadInfo) => boolean,
  ) {
    this.#file = file;
    this.#wants = wants;
    this.#earliest = threads.reduce((least, { first }) => Math.min(least, first), threads[0].first);
    file.put(`{"$schema":${JSON.stringify(SCHEMA)},"exporter":"tracelane","profiles":[`);
  }

  thread(thread: ThreadInfo): boolean {
    if (!this.#wants(thread)) return false;
    this.#thread = thread;
    this.#events = 0;
    this.#file.put(`${this.#profiles++ === 0 ? '' : ','}\n{"type":"evented","events":[`);
    return true;
  }

  open(frame: Frame, time: number): void {
    this.#event('O', frame, time);
  }

  close(frame: Frame, time: number): void {
    this.#event('C', frame, time);
  }

  end(): void {
    const { pid, tid, name, first, last } = this.#thread as ThreadInfo;
    const title = `${name === '' ? 'thread' : name} (${pid}/${tid})`;
    const rest = {
      ...{ name: title, unit: 'microseconds' },
      ...{ startValue: this.#at(first), endValue: this.#at(last) },
    };
    this.#file.put(`\n],${JSON.stringify(rest).slice(1)}`);
  }

  /** What all profiles share. */
  finish(): void {
    const frames = this.#frames.map(({ name, file, line, column }) => ({
      ...{ name, file, line, col: column },
    }));
    this.#file.put(`\n],"shared":${JSON.stringify({ frames })}}\n`);
  }

  #event(type: 'O' | 'C', frame: Frame, time: number): void {
    let number = this.#numbers.get(frame);
    if (number === undefined) {
      number = this.#frames.length;
      this.#numbers.set(frame, number);
      this.#frames.push(frame);
    }
    const separator = this.#events++ === 0 ? '' : ',';
    this.#file.put(`${separator}\n{"type":"${type}","frame":${number},"at":${this.#at(time)}}`);
  }

  #at(time: number): number {
    return (time - this.#earliest) / NS_PER_US;
  }
}
