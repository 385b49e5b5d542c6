import { beginNumberOf, streamOf } from '../arena/records.js';
import type { FileId } from './format.js';

/** Hexadecimal digits of what the recorder counts. */
export const COUNTED_DIGITS = 10;

/**
 * Ids as they stand in the file. Viewers share them between processes, so each has the pid in it. What
 * the recorder counts is hexadecimal, because that is how Perfetto reads the ids of flows.
 */
export class IdTexts {
  /** What all that is counted begins with. */
  readonly counted: string;
  /** What the names of all calls begin with: `pid-run.` */
  readonly calls: string;

  /** `run` tells this recording from all others of processes with the same pid. */
  constructor(pid: number, run: string) {
    this.counted = `0x${pid.toString(16)}`;
    this.calls = `${pid}-${run}.`;
  }

  of(id: FileId): string {
    if (typeof id === 'string') return id;
    return this.counted + id.toString(16).padStart(COUNTED_DIGITS, '0');
  }

  /** What a call is named in the arguments of events, by its id in the process: `pid-run.stream.number`. */
  ofCall(id: number): string {
    return `${this.calls}${streamOf(id)}.${beginNumberOf(id)}`;
  }
}
