import {
  DEFAULT_CATEGORY,
  DEFAULT_SCOPE,
  ENCLOSING_SLICE,
  METADATA_CATEGORY,
  UNNAMED,
} from '../../trace-event/defaults.js';
import { asyncIdentity, isFalsyId, isId } from '../../trace-event/ids.js';
import { fitsShape, metadataShape } from '../../trace-event/metadata.js';
import { isUint32, NS_PER_US, numberOf } from '../../trace-event/numbers.js';
import {
  isAsync,
  isFlow,
  isInstant,
  isPhase,
  isScope,
  isThreadState,
  renewedAsync,
  withPhase,
} from '../../trace-event/phases.js';
import { withoutSurrogateEscapes } from '../../trace-event/surrogates.js';
import { finiteOrText, isObject, type RawEvent, type TraceEntry } from '../source/entries.js';
import { isTooDeep } from '../source/json-depth.js';
import { isTraceStart, moveTimeZero } from '../source/trace-start.js';
import {
  flowRole,
  later,
  microsecondsOf,
  needsTid,
  type ProcessOrThread,
  threadOf,
} from '../timeline/timed-event.js';
import type { RepairPlan, Treatment } from './repair-plan.js';
import type { Say } from './repairs.js';

type Changed = Record<string, unknown>;

/** How ids begin that the repair makes up. */
const OWN_ID = 'repaired-';
/** Where ids of flows begin that the repair makes up: there are so many for each pass. */
const [OWN_FLOWS, FLOWS_OF_PASS] = [2n ** 62n, 2n ** 48n];

/** Makes of each event of a trace one that viewers read, or several, or none. */
export class EventRepair {
  readonly #plan: RepairPlan;
  readonly #pass: number;
  /** Events that are to be written behind another one, by the index of that. */
  readonly #waiting = new Map<number, string[]>();
  readonly #threads = new Map<string, number>();
  #nextThread = 1_000_000;
  #nextFlow = 2 ** 40;
  readonly #flowIds = new Map<string, number>();

  /** @param pass How often the trace is repaired with this. */
  constructor(plan: RepairPlan, pass: number) {
    this.#plan = plan;
    this.#pass = pass;
  }

  /** The JSON of the events to write in place of an entry. */
  repair(entry: TraceEntry, say: Say): string[] {
    const { event, index } = entry;
    if (event === undefined) {
      say(isTooDeep(entry.text) ? 'too-deep-dropped' : 'non-event-dropped');
      return [];
    }
    const texts = Object.keys(event).length === 0 ? [] : this.#repair(entry, event, say);
    if (Object.keys(event).length === 0) say('empty-event-dropped');
    const slice = this.#plan.moved.get(index);
    if (slice !== undefined && texts.length > 0) {
      say('flow-moved-into-slice');
      this.#waiting.set(slice, [...(this.#waiting.get(slice) ?? []), ...texts]);
      return [];
    }
    const waiting = this.#waiting.get(index);
    if (waiting === undefined) return texts;
    this.#waiting.delete(index);
    return [...texts, ...waiting];
  }

  #repair(entry: TraceEntry, event: RawEvent, say: Say): string[] {
    const treatment = this.#plan.treatments.get(entry.index);
    if (treatment?.kind === 'drop') {
      say(treatment.repair);
      return [];
    }
    const changed: Changed = { ...event };
    if (treatment?.kind === 'named') {
      changed['name'] = treatment.name;
      say('name-given');
    }
    const names: string[] = [];
    if (this.#plan.enclosed.has(entry.index)) {
      changed['bp'] = ENCLOSING_SLICE;
      say('flow-end-bound');
    }
    if (!this.#repairFields(changed, names, say)) return [];
    const pieces = treatment === undefined ? [changed] : this.#treat(changed, treatment, say);
    if (entry.badUtf8) say('invalid-utf8-replaced');
    const touched =
      pieces.length !== 1 || !sameFields(event, changed) || entry.badUtf8 || entry.mended;
    const texts = touched ? pieces.map((piece) => jsonOf(piece, say)) : [entry.text];
    return [...names, ...texts.map((one) => unescapeSurrogates(one, say))];
  }

  /** False where the event cannot be kept. */
  #repairFields(event: Changed, names: string[], say: Say): boolean {
    const { ph } = withPhase(event);
    if (!isPhase(ph)) {
      say('unknown-phase-dropped');
      return false;
    }
    if (event['ph'] !== ph) {
      event['ph'] = ph;
      say('phase-shortened');
    }
    const renewed = renewedAsync(event);
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
    if (ph === 'X' || isThreadState(event)) repairDuration(event, say);
    return true;
  }

  #repairThread(event: Changed, names: string[], say: Say): void {
    const { pid, tid } = event;
    if (isUint32(pid) && (isUint32(tid) || (tid === undefined && !needsTid(event)))) return;
    const thread = threadOf(event);
    const newPid = isUint32(thread.pid) ? thread.pid : this.#number(`pid ${thread.pid}`);
    event['pid'] = newPid;
    event['tid'] = tid === thread.tid ? this.#tid(newPid, thread.tid, names) : newPid;
    say('thread-numbered');
  }

  #tid(pid: number, tid: ProcessOrThread, names: string[]): number {
    if (isUint32(tid)) return tid;
    const key = `tid ${pid} ${tid}`;
    const isNew = !this.#threads.has(key);
    const number = this.#number(key);
    if (isNew) {
      const args = { name: String(tid) };
      const base = { name: 'thread_name', cat: METADATA_CATEGORY, ph: 'M', ts: 0 };
      names.push(JSON.stringify({ ...base, pid, tid: number, args }));
    }
    return number;
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
    const flow = flowRole(event, String(ph));
    if (flow?.phase !== undefined && flow.id === undefined) {
      const field = flow.bound ? 'bind_id' : 'id';
      const key = JSON.stringify([flow.bound, event[field]]);
      const id = this.#flowIds.get(key) ?? this.#nextFlow++;
      this.#flowIds.set(key, id);
      event[field] = id;
      say('flow-numbered');
    }
    return !isAsync(ph) || this.#repairAsync(event, say);
  }

  #repairAsync(event: Changed, say: Say): boolean {
    if (event['name'] === '') event['name'] = UNNAMED;
    if (event['cat'] === '') event['cat'] = DEFAULT_CATEGORY;
    if (event['id'] !== undefined && event['id2'] !== undefined) {
      delete event[isId(event['id']) ? 'id2' : 'id'];
      say('async-id-left-out');
    }
    const { id } = asyncIdentity(event as RawEvent);
    if (!isId(id)) {
      say('async-without-id-dropped');
      return false;
    }
    if (isFalsyId(id)) {
      delete event['id2'];
      event['id'] = `${OWN_ID}${JSON.stringify(id)}`;
      say('async-id-replaced');
    }
    return true;
  }

  /** The events that an event becomes by its treatment. */
  #treat(event: Changed, treatment: Exclude<Treatment, { kind: 'drop' }>, say: Say): Changed[] {
    switch (treatment.kind) {
      case 'complete':
        Object.assign(event, { ph: 'X', dur: treatment.duration / NS_PER_US });
        say(treatment.repair);
        break;
      case 'own id':
        delete event['id2'];
        event['id'] = this.#ownId(treatment.operation);
        say('async-overlap-parted');
        break;
      case 'own flow': {
        const id = OWN_FLOWS + BigInt(this.#pass) * FLOWS_OF_PASS + BigInt(treatment.flow);
        if (flowRole(event, String(event['ph']))?.phase === 's') say('flow-parted');
        event[isFlow(event['ph']) ? 'id' : 'bind_id'] = `0x${id.toString(16)}`;
        break;
      }
      case 'unbind':
        for (const field of ['bind_id', 'flow_in', 'flow_out']) delete event[field];
        say('flow-unbound');
        break;
      case 'async':
        if (event['ph'] !== 'E') say(treatment.repair);
        return asAsync(event, this.#ownId(treatment.operation));
      case 'named':
        break;
    }
    return [event];
  }

  /** What stands for the operation of an event of this index, in this pass. */
  #ownId(index: number): string {
    return this.#pass === 1 ? `${OWN_ID}${index}` : `${OWN_ID}${this.#pass}-${index}`;
  }
}

/**
 * A slice, or one end of it, that does not nest becomes an async operation with a track of its own.
 */
function asAsync(event: Changed, id: string): Changed[] {
  const { ph, ts, dur } = event;
  event['id'] = id;
  if (ph !== 'X') {
    event['ph'] = ph === 'B' ? 'b' : 'e';
    return [event];
  }
  const end = later(Number(ts), Math.round(Number(dur) * NS_PER_US));
  delete event['dur'];
  event['ph'] = 'b';
  return [event, { ...event, ph: 'e', ts: end, args: {} }];
}

/** A complete event without a duration was open when the trace ended. */
function repairDuration(event: Changed, say: Say): void {
  const dur = microsecondsOf(event['dur']);
  if (dur === undefined) {
    delete event['dur'];
    if (event['ph'] !== 'X') return;
    event['ph'] = 'B';
    say('complete-made-begin');
    return;
  }
  if (dur < 0) say('duration-zeroed');
  else if (dur !== event['dur']) say('duration-made-number');
  event['dur'] = Math.max(0, dur);
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
  const numbers = values.map(([key, value]) => [key, numberOf(value)] as const);
  const sound = numbers.filter(([, value]) => value !== undefined);
  const isText = sound.some(([key, value]) => value !== (event['args'] as Changed)[key]);
  if (isText) say('counter-value-made-number');
  if (sound.length < values.length) say('counter-value-dropped');
  if (isText || sound.length < values.length) event['args'] = Object.fromEntries(sound);
  if (sound.length > 0) return true;
  say('counter-dropped');
  return false;
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
  const index = numberOf(args[key]);
  event['args'] = { ...args, [key]: index };
  const isSound = fitsShape(shape, index);
  say(isSound ? 'sort-index-made-number' : 'sort-index-dropped');
  return isSound;
}

function jsonOf(event: Changed, say: Say): string {
  let isExact = true;
  const text = JSON.stringify(event, (key, value) => {
    const written = finiteOrText(key, value);
    isExact &&= written === value;
    return written;
  });
  if (!isExact) say('literals-replaced');
  return text;
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
