import type { RawEvent } from '../../source/entries.js';
import { type EventBatch, FIELD } from '../../source/event-batch.js';
import { BEYOND_COLUMNS, PLACE_FIELDS } from '../../timeline/plain-events.js';

/** Phases of which the columns can say all but the arguments. */
const LIGHT: ReadonlySet<number> = new Set(Buffer.from('iIRbnestf'));

/** Whether the columns say all of an event, and where its arguments stand, so that it need not be parsed. */
export function isLight({ ph, fields, tid, argsEnd }: EventBatch, row: number): boolean {
  const known = fields[row];
  return (
    LIGHT.has(ph[row]) &&
    (known & PLACE_FIELDS) === PLACE_FIELDS &&
    (known & BEYOND_COLUMNS) === 0 &&
    tid[row] !== 0 &&
    ((known & FIELD.args) === 0 || argsEnd[row] > 0)
  );
}

/** An event that {@link isLight}, without its arguments. */
export function lightEvent(batch: EventBatch, row: number): RawEvent {
  const { strings, ph, fields, ts, pid, tid, name, category, scope } = batch;
  const known = fields[row];
  return {
    ph: String.fromCharCode(ph[row]),
    name: (known & FIELD.name) === 0 ? undefined : strings.texts[name[row]],
    cat: (known & FIELD.cat) === 0 ? undefined : strings.texts[category[row]],
    ...{ ts: ts[row], pid: pid[row], tid: tid[row] },
    id: batch.id(row),
    s: (known & FIELD.s) === 0 ? undefined : String.fromCharCode(scope[row]),
    bp: (known & FIELD.bp) === 0 ? undefined : 'e',
  };
}
