import { isMicroseconds, NS_PER_US } from '../../trace-event/numbers.js';
import { type EventBatch, FIELD } from '../source/event-batch.js';
import type { Report } from './findings.js';
import { checkName } from './names.js';

const X = 'X'.charCodeAt(0);
const NEEDED = FIELD.ph | FIELD.name | FIELD.ts | FIELD.dur | FIELD.pid | FIELD.tid;
const UNSOUND_FIELDS = FIELD.bind_id | FIELD.other;

/**
 * Checks complete events by their columns. All that it finds is what many events of a trace lack; one
 * with which more is wrong is left to the other way.
 */
export class PlainFields {
  readonly #report: Report;
  /** Whether there is nothing to say of a name, by its number. */
  readonly #soundNames: boolean[] = [];

  constructor(report: Report) {
    this.#report = report;
  }

  /** Whether an event is a complete one in which nothing is wrong but what {@link check} finds. */
  isSound(batch: EventBatch, row: number): boolean {
    const { ph, fields, ts, dur, tid, name } = batch;
    const known = fields[row];
    return (
      ph[row] === X &&
      (known & (NEEDED | UNSOUND_FIELDS)) === NEEDED &&
      tid[row] !== 0 &&
      isExact(ts[row]) &&
      isExact(dur[row]) &&
      this.#isSoundName(batch, name[row])
    );
  }

  /** Finds what {@link isSound} leaves open. */
  check(batch: EventBatch, row: number): void {
    const missing = ~batch.fields[row] & (FIELD.cat | FIELD.args);
    if (missing === 0) return;
    const at = { index: batch.index + row, offset: batch.offset[row] };
    if (missing & FIELD.cat) this.#report('cat', at, 'cat must be a string, not missing');
    if (missing & FIELD.args) this.#report('args', at, 'args must be an object, not missing');
  }

  #isSoundName({ strings: { texts } }: EventBatch, number: number): boolean {
    const sound = this.#soundNames;
    while (sound.length < texts.length) sound.push(isSoundName(texts[sound.length]));
    return sound[number];
  }
}

/** Whether there is nothing to say of a time. */
function isExact(value: number): boolean {
  if (!isMicroseconds(value) || value < 0) return false;
  const ns = Math.round(value * NS_PER_US);
  return ns > Number.MAX_SAFE_INTEGER || ns / NS_PER_US === value;
}

function isSoundName(name: string): boolean {
  let sound = true;
  const event = { name, ph: 'X' };
  const place = { index: 0, offset: 0, text: '', mended: false, badUtf8: false };
  checkName({ ...place, event }, () => {
    sound = false;
  });
  return sound;
}
