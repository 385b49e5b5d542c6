import {
  DEFAULT_CATEGORY,
  DEFAULT_SCOPE,
  ENCLOSING_SLICE,
  METADATA_CATEGORY,
  UNNAMED,
} from '../../trace-event/defaults.js';
import { asyncIdentity, flowId, isFalsyId, isId } from '../../trace-event/ids.js';
import { fitsShape, metadataShape } from '../../trace-event/metadata.js';
import { isUint32, NS_PER_US } from '../../trace-event/numbers.js';
import {
  isAsync,
  isFlow,
  isInstant,
  isPhase,
  isScope,
  renewedAsync,
} from '../../trace-event/phases.js';
import { withoutSurrogateEscapes } from '../../trace-event/surrogates.js';
import { isObject, type RawEvent, type TraceEntry } from '../source/entries.js';
import { isTraceStart, moveTimeZero } from '../source/trace-start.js';
import { later, microsecondsOf } from '../timeline/timed-event.js';
import type { RepairPlan, Treatment } from './repair-plan.js';
import type { Say } from './repairs.js';

type Changed = Record<string, unknown>;

const STRING = /"(?:[^"\\]|\\[\s\S])*"/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about.
const CONTROL = /[\0-\x1f]/g;
/** How ids begin that the repair makes up. */
const OWN_ID = 'repaired-';

/** Makes of each event of a trace one that viewers read, or several, or none. */
export class EventRepair {
  readonly #plan: RepairPlan;
  readonly #threads = new Map<string, number>();
  #nextThread = 1_000_000;
  #nextFlow = 2 ** 40;
  readonly #flowIds = new Map<string, number>();

  constructor(plan: RepairPlan) {
    this.#plan = plan;
  }

  /** The JSON of the events to write in place of an entry. */
  repair(entry: TraceEntry, say: Say): string[] {
    const event = entry.event ?? escapeControls(entry.text, say);
    if (event === undefined) {
      say('non-event-dropped');
      return [];
    }
    const treatment = this.#plan.treatments.get(entry.index);
    if (treatment?.kind === 'drop') {
      say(treatment.repair);
      return [];
    }
    const changed: Changed = { ...event };
    const names: string[] = [];
    if (!this.#repairFields(changed, names, say)) return [];
    const pieces = treatment === undefined ? [changed] : treat(changed, treatment, say);
    const touched = pieces.length !== 1 || !sameFields(event, changed) || entry.badUtf8;
    if (entry.badUtf8) say('invalid-utf8-replaced');
    const text = touched || entry.event === undefined ? undefined : entry.text;
    try {
      const texts = text === undefined ? pieces.map((piece) => JSON.stringify(piece)) : [text];
      return [...names, ...texts.map((one) => unescapeSurrogates(one, say))];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      say('too-deep-dropped');
      return names;
    }
  }

  /** False where the event cannot be kept. */
  #repairFields(event: Changed, names: string[], say: Say): boolean {
    if (!isPhase(event['ph'])) {
      say('unknown-phase-dropped');
      return false;
    }
    const renewed = renewedAsync(event['ph']);
    if (renewed !== undefined) {
      event['ph'] = renewed;
      say('old-async-renewed');
    }
    repairTexts(event, say);
    if (!this.#repairTimes(event, say)) return false;
    this.#repairThread(event, names, say);
    if (event['ph'] === 'C') return repairCounter(event, say);
    if (event['ph'] === 'M' && !repairMetadata(event, say)) return false;
    if (isTraceStart(event)) {
      event['args'] = moveTimeZero(event['args'], this.#plan.shift * NS_PER_US);
    }
    return this.#repairIds(event, say);
  }

  #repairTimes(event: Changed, say: Say): boolean {
    const { ph } = event;
    if (ph === 'M' && event['ts'] === undefined) return true;
    const ts = microsecondsOf(event['ts']);
    if (ts === undefined) {
      if (ph === 'M') {
        delete event['ts'];
        return true;
      }
      say('timeless-dropped');
      return false;
    }
    if (ts !== event['ts']) say('time-made-number');
    event['ts'] = ts;
    if (this.#plan.shift > 0) {
      event['ts'] = later(ts, this.#plan.shift * NS_PER_US);
      say('times-moved');
    }
    if (ph !== 'X') return true;
    const dur = microsecondsOf(event['dur']) ?? -1;
    if (dur < 0) say('duration-zeroed');
    else if (dur !== event['dur']) say('duration-made-number');
    event['dur'] = Math.max(0, dur);
    return true;
  }

  #repairThread(event: Changed, names: string[], say: Say): void {
    const { pid, tid } = event;
    if (isUint32(pid) && isUint32(tid)) return;
    const newPid = isUint32(pid) ? pid : this.#number(`pid ${pid}`);
    event['pid'] = newPid;
    if (!isUint32(tid)) {
      const key = `tid ${newPid} ${tid}`;
      const isNew = !this.#threads.has(key);
      const newTid = this.#number(key);
      event['tid'] = newTid;
      if (isNew && tid !== undefined) {
        const args = { name: String(tid) };
        const base = { name: 'thread_name', cat: METADATA_CATEGORY, ph: 'M', ts: 0 };
        names.push(JSON.stringify({ ...base, pid: newPid, tid: newTid, args }));
      }
    }
    say('thread-numbered');
  }

  #number(key: string): number {
    let number = this.#threads.get(key);
    if (number === undefined) {
      while (this.#plan.numbers.has(this.#nextThread)) this.#nextThread++;
      number = this.#nextThread++;
      this.#threads.set(key, number);
    }
    return number;
  }

  #repairIds(event: Changed, say: Say): boolean {
    const { ph } = event;
    if (ph === 'f' && event['bp'] !== ENCLOSING_SLICE) {
      event['bp'] = ENCLOSING_SLICE;
      say('flow-end-bound');
    }
    if (isFlow(ph) && flowId(event['id']) === undefined) {
      const key = JSON.stringify(event['id']);
      const id = this.#flowIds.get(key) ?? this.#nextFlow++;
      this.#flowIds.set(key, id);
      event['id'] = id;
      say('flow-numbered');
    }
    return !isAsync(ph) || this.#repairAsync(event, say);
  }

  #repairAsync(event: Changed, say: Say): boolean {
    if (event['name'] === '') event['name'] = UNNAMED;
    if (event['cat'] === '') event['cat'] = DEFAULT_CATEGORY;
    if (event['id'] !== undefined && event['id2'] !== undefined) {
      delete event['id'];
      say('async-id-left-out');
    }
    const { id, local } = asyncIdentity(event as RawEvent);
    if (!isId(id)) {
      say('async-without-id-dropped');
      return false;
    }
    if (isFalsyId(id)) {
      delete event['id2'];
      event['id'] = `${OWN_ID}${JSON.stringify(id)}`;
      say('async-id-replaced');
    }
    if (this.#plan.localIds && !local) {
      event['id2'] = { local: String(event['id'] ?? id) };
      delete event['id'];
      say('async-ids-made-local');
    }
    return true;
  }
}

/** The events that an event becomes by its treatment. */
function treat(
  event: Changed,
  treatment: Exclude<Treatment, { kind: 'drop' }>,
  say: Say,
): Changed[] {
  switch (treatment.kind) {
    case 'rename':
      Object.assign(event, { name: treatment.name, cat: treatment.cat });
      say('end-renamed');
      return [event];
    case 'complete':
      Object.assign(event, { ph: 'X', dur: treatment.duration / NS_PER_US });
      say('begin-end-joined');
      return [event];
    case 'own id':
      delete event['id2'];
      event['id'] = `${OWN_ID}${treatment.operation}`;
      say('async-overlap-parted');
      return [event];
    case 'async':
      return asAsync(event, `${OWN_ID}${treatment.operation}`, say);
  }
}

/**
 * A slice, or one end of it, that does not nest becomes an async operation with a track of its own.
 */
function asAsync(event: Changed, id: string, say: Say): Changed[] {
  const { ph, ts, dur } = event;
  event['id'] = id;
  if (ph !== 'X') {
    event['ph'] = ph === 'B' ? 'b' : 'e';
    return [event];
  }
  const end = later(Number(ts), Math.round(Number(dur) * NS_PER_US));
  delete event['dur'];
  event['ph'] = 'b';
  say('slice-made-async');
  return [event, { ...event, ph: 'e', ts: end, args: {} }];
}

function repairTexts(event: Changed, say: Say): void {
  const { ph, name, cat, args } = event;
  if (typeof name !== 'string' && ph !== 'E') {
    event['name'] = name === undefined || name === null ? UNNAMED : String(name);
    say('name-given');
  }
  if (typeof cat !== 'string') {
    event['cat'] = DEFAULT_CATEGORY;
    say('cat-given');
  }
  if (!isObject(args)) {
    event['args'] = args === undefined || args === null ? {} : { value: args };
    say('args-given');
  }
  if (isInstant(ph) && !isScope(event['s'])) {
    event['s'] = DEFAULT_SCOPE;
    say('scope-given');
  }
}

function repairCounter(event: Changed, say: Say): boolean {
  const values = Object.entries(event['args'] as object);
  const numbers = values.map(([key, value]) => [key, asNumber(value)] as const);
  const sound = numbers.filter(([, value]) => Number.isFinite(value));
  const isText = sound.some(([key, value]) => value !== (event['args'] as Changed)[key]);
  if (isText) say('counter-value-made-number');
  if (sound.length < values.length) say('counter-value-dropped');
  if (isText || sound.length < values.length) event['args'] = Object.fromEntries(sound);
  if (sound.length > 0) return true;
  say('counter-dropped');
  return false;
}

/** NaN for what is no number. */
function asNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

/** False where the event cannot be kept. */
function repairMetadata(event: Changed, say: Say): boolean {
  const args = event['args'] as Record<string, unknown>;
  const shape = metadataShape(event['name']);
  if (shape === undefined) return true;
  const { key, type } = shape;
  if (fitsShape(shape, args[key])) return true;
  if (type === 'string') {
    event['args'] = { ...args, [key]: String(args[key] ?? '') };
    say('metadata-made-text');
    return true;
  }
  const index = asNumber(args[key]);
  event['args'] = { ...args, [key]: index };
  const isSound = fitsShape(shape, index);
  say(isSound ? 'sort-index-made-number' : 'sort-index-dropped');
  return isSound;
}

/**
 * The event of a text that is no JSON; undefined if control characters are not all that is wrong.
 */
function escapeControls(text: string, say: Say): RawEvent | undefined {
  const asEscape = (character: string) => JSON.stringify(character).slice(1, -1);
  try {
    const escaped = text.replace(STRING, (string) => string.replace(CONTROL, asEscape));
    const value: unknown = JSON.parse(escaped);
    if (!isObject(value)) return undefined;
    say('control-characters-escaped');
    return value;
  } catch {
    return undefined;
  }
}

function unescapeSurrogates(text: string, say: Say): string {
  const written = withoutSurrogateEscapes(text);
  if (written !== text) say('surrogates-unescaped');
  return written;
}

function sameFields(event: RawEvent, changed: Changed): boolean {
  const fields = Object.keys(changed);
  const same = fields.length === Object.keys(event).length;
  return same && fields.every((field) => changed[field] === event[field]);
}
