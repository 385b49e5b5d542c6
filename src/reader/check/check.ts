import { isFalsyId } from '../../trace-event/ids.js';
import { isAsync } from '../../trace-event/phases.js';
import { PROVISIONAL, subjectOf } from '../../trace-event/provisional.js';
import type { ContainerProblem, EventRule } from '../source/container-problem.js';
import {
  type EntryHandlers,
  EntryParser,
  type TraceEntry,
  type TraceFacts,
} from '../source/entries.js';
import type { EventBatch } from '../source/event-batch.js';
import { FIRST_BYTES, NO_TEXT, type TextFacts } from '../source/list-reader.js';
import { MEND_MESSAGES } from '../source/mend-event.js';
import type { Unread } from '../source/unread.js';
import { AsyncTimeline } from '../timeline/async-timeline.js';
import { FlowTimeline } from '../timeline/flow-timeline.js';
import { isPlainSlice, PlainEvents } from '../timeline/plain-events.js';
import { StringTable } from '../timeline/string-table.js';
import { ThreadTimeline } from '../timeline/thread-timeline.js';
import { type FlowRole, type TimedEvent, TimeScale } from '../timeline/timed-event.js';
import { checkFields, show } from './fields.js';
import { type Finding, Findings, type Report } from './findings.js';
import { checkName } from './names.js';
import { PlainFields } from './plain-fields.js';
import type { RuleName } from './rules.js';
import { SharedStack } from './shared-stack.js';
import { CheckTracks, type TrackObserver } from './tracks.js';
import { CounterCheck, checkMetadata } from './values.js';

/**
 * Perfetto looks at the first so many bytes of a file (the newest one at twice as many), leaves out
 * white space, and takes the file for JSON if what is left begins with `{"` or `[{"`.
 */
const START_BYTES = FIRST_BYTES;
const START = /^\[?\{"/;
const START_LENGTH = 3;

/** Findings of a rule that are kept if nobody says how many. All are counted. */
const KEPT = 10_000;

/** A recorder shows so many at once at the most; of more, no others are looked for. */
const MAX_PROVISIONAL = 100_000;

/** These are about the event that comes next. */
const EVENT_RULES: ReadonlySet<string> = new Set<EventRule>([
  'event-syntax',
  'event-depth',
  'large-id',
  ...(Object.keys(MEND_MESSAGES) as EventRule[]),
]);

/**
 * These are about Chrome's format. In Perfetto's, what is at one moment has the order of the file, a
 * track need be of no process, DevTools does not read it, and the end of a flow closes it: its id can be
 * used again.
 */
const CHROMES_RULES: ReadonlySet<RuleName> = new Set<RuleName>([
  'equal-timestamps',
  'thread-zero',
  'begin-end-interleaved',
  'flow-started-twice',
]);

/** The member that says how times are shown, and what it can be. */
export const TIME_UNIT = 'displayTimeUnit';
export const TIME_UNITS: readonly unknown[] = ['ms', 'ns'];

export interface CheckOptions {
  /** Findings of each rule that are kept. */
  readonly keep?: number | undefined;
  /** Sees what the check sees: for the repair, which wants to do something about it. */
  readonly observer?: CheckObserver | undefined;
  /** Whether another thread reads, so that this one has time to go over events meanwhile. */
  readonly isReadAhead?: boolean | undefined;
}

export interface CheckObserver extends TrackObserver {
  takeEntry(entry: TraceEntry): void;
  /** A provisional event for which another one stands. */
  takeSuperseded(entry: Place): void;
  /** All entries were seen. What the tracks show comes next. */
  beforeTracks(counts: ReadonlyMap<RuleName, number>): void;
}

/** Where an event stands. */
interface Place {
  readonly index: number;
  readonly offset: number;
}

/** What was found in a trace. */
export interface CheckResult {
  readonly form: TextFacts['form'];
  readonly events: number;
  /** The first ones of each rule, in the order of the events. */
  readonly findings: readonly Finding[];
  /** How often each rule was broken. */
  readonly counts: ReadonlyMap<RuleName, number>;
  readonly errors: number;
  readonly warnings: number;
  readonly unread: Unread;
}

/**
 * Checks a trace against what its viewers accept. A `B` without an `E`, or a `b` without an `e`, is
 * a span that never ended: no finding, unless a slice around it ends first.
 *
 * Its `handlers` are to be given to what reads the trace; then come `finish()` and `close()`.
 */
export class TraceCheck {
  readonly #findings: Findings;
  readonly #strings = new StringTable();
  readonly #scale = new TimeScale();
  readonly #tracks: CheckTracks;
  readonly #threads: ThreadTimeline;
  readonly #asyncs = new AsyncTimeline(this.#strings);
  readonly #flows = new FlowTimeline(this.#strings);
  readonly #plain: PlainEvents;
  readonly #counters = new CounterCheck();
  readonly #observer: CheckObserver | undefined;
  readonly #begins = new SharedStack();
  /** Provisional events of which nothing else was seen yet: by their times and subjects. */
  readonly #provisional = new Map<unknown, Map<string, Place>>();
  readonly #fields: PlainFields;
  #events = 0;
  /** The first bytes of the file. */
  #start: Buffer = Buffer.alloc(0);

  constructor({ keep = KEPT, observer, isReadAhead = false }: CheckOptions = {}) {
    this.#findings = new Findings(keep);
    this.#observer = observer;
    this.#tracks = new CheckTracks(this.#strings, keep, observer);
    // An observer is told of tracks when it has seen all events.
    const goesAhead = isReadAhead && observer === undefined;
    this.#threads = new ThreadTimeline(this.#strings, goesAhead ? this.#tracks.threads : undefined);
    this.#plain = new PlainEvents(this.#strings, this.#scale, this.#threads);
    this.#fields = new PlainFields(this.#report);
  }

  /** What the check wants to know of a trace while it is read. */
  get handlers(): EntryHandlers {
    return {
      onEntry: this.#takeEntry,
      // An observer wants to see each event.
      onBatch: this.#observer === undefined ? this.#takeBatch : undefined,
      wantsText: NO_TEXT,
      onProblem: this.#takeProblem,
      // What is no trace is a finding, too.
      onNoTrace: this.#takeProblem,
      onFirstBytes: this.#takeFirstBytes,
    };
  }

  readonly #takeBatch = (batch: EventBatch): void => {
    const plain = this.#plain;
    for (let row = 0; row < batch.count; row++) {
      const mayBePlain = this.#fields.isSound(batch, row) && !this.#mayBeSuperseding(batch.ts[row]);
      if (mayBePlain && isPlainSlice(batch, row)) {
        this.#fields.check(batch, row);
        plain.addSlice(batch, row);
      } else this.#takeEntry(plain.entry(batch, row));
    }
    this.#events = batch.index + batch.count;
  };

  readonly #takeEntry = (entry: TraceEntry): void => {
    this.#events = entry.index + 1;
    this.#observer?.takeEntry(entry);
    const report = this.#report;
    checkFields(entry, report);
    checkName(entry, report);
    if (entry.event?.ph === 'M') checkMetadata(entry, report);
    this.#takeProvisional(entry);
    const event = this.#scale.place(entry);
    if (event === undefined) return;
    const { ph } = event;
    if (ph === 'C') this.#counters.take(entry, report);
    else if (isAsync(ph)) this.#checkIdentity(event);
    else this.#takeBeginOrEnd(event);
    if (event.flow !== undefined) this.#checkFlow(event, event.flow);
    this.#threads.add(event);
    this.#asyncs.add(event);
    this.#flows.add(event);
  };

  readonly #takeProblem = ({ rule, offset, message }: ContainerProblem): void => {
    const index = EVENT_RULES.has(rule) ? this.#events : -1;
    this.#report(rule, { index, offset }, message);
  };

  readonly #takeFirstBytes = (bytes: Uint8Array): void => {
    this.#start = Buffer.concat([this.#start, bytes]);
  };

  /** Looks at the whole, and gives all that was found. */
  finish(facts: TextFacts & Partial<TraceFacts>): CheckResult {
    this.#checkStart();
    this.#checkFile(facts);
    const found = this.#findings;
    this.#observer?.beforeTracks(found.counts);
    const { name = '<text>', isPerfetto = false } = facts;
    const file = { name, isPerfetto };
    this.#tracks.check(this.#threads, this.#asyncs, this.#flows, file, found);
    if (isPerfetto) found.leaveOut(CHROMES_RULES);
    return {
      form: facts.form,
      events: this.#events,
      findings: found.sorted(),
      counts: found.counts,
      errors: found.count('error'),
      warnings: found.count('warning'),
      unread: facts.unread ?? {},
    };
  }

  /** Gives the temporary files back. Has to be called, and can be called again. */
  close(): void {
    for (const timeline of [this.#threads, this.#asyncs, this.#flows]) timeline.close();
  }

  #checkStart(): void {
    const text = this.#start.toString('latin1');
    const squeezed = text.replace(/\s/g, '');
    if (START.test(squeezed)) return;
    // Other rules name what is no trace at all, has no events, or was cut off in its first bytes.
    const isShort = this.#start.length < START_BYTES && squeezed.length < START_LENGTH;
    const isNamed = this.#findings.has('container-start');
    if (isNamed || /^[^[{]/.test(squeezed) || squeezed.startsWith('[]') || isShort) return;
    const found = JSON.stringify(text.trimStart().slice(0, START_LENGTH));
    const message = `expected [{" or {" in the first ${START_BYTES} bytes, found ${found}`;
    this.#report('container-start', { index: -1, offset: 0 }, message);
  }

  #checkFile(facts: TextFacts & Partial<TraceFacts>): void {
    const { gzipped = false, isPerfetto = false, membersOfGzip, truncated, events, form } = facts;
    const at = { index: -1, offset: 0 };
    const unit = facts.members.get(TIME_UNIT);
    if (unit !== undefined && !TIME_UNITS.includes(unit)) {
      this.#report('display-time-unit', at, `${TIME_UNIT} must be ms or ns, not ${show(unit)}`);
    }
    if (events === 0 && form === 'array' && !truncated && !isPerfetto) {
      this.#report('container-start', at, 'Perfetto does not recognise an empty array');
    }
    if (!gzipped || membersOfGzip === 'one') return;
    // The text can have been cut before it was packed.
    if (truncated) this.#report('gzip-truncated', at, 'what is packed ends too early');
    else if (membersOfGzip === 'several')
      this.#report(
        'gzip-members',
        at,
        'it was packed in several parts, or its last bytes are missing or others',
      );
  }

  readonly #report: Report = (...finding) => this.#findings.report(...finding);

  #checkIdentity({ name, cat, async, event, index, offset }: TimedEvent): void {
    const at = { index, offset };
    if (name === '' || cat === '') {
      this.#report('async-fields', at, 'name and cat must not be empty');
    }
    if (event.id !== undefined && event.id2 !== undefined) {
      this.#report('async-id', at, 'an event must not have both id and id2');
    } else if (async === undefined) {
      this.#report('async-id', at, 'the id must be a string or an integer');
    } else if (isFalsyId(async.id)) {
      this.#report('async-id', at, 'DevTools takes an empty id and id 0 for none');
    }
  }

  /** Whether an event of that time may stand for a provisional one. */
  #mayBeSuperseding(ts: number): boolean {
    return this.#provisional.size > 0 && this.#provisional.has(ts);
  }

  /** In the order of the file: what stands for a provisional event is written after it. */
  #takeProvisional(entry: TraceEntry): void {
    const { event, index, offset } = entry;
    if (event === undefined) return;
    const isProvisional = event[PROVISIONAL] === true;
    const sameTime = this.#provisional.get(event.ts);
    // Most events are done here.
    if (!isProvisional && sameTime === undefined) return;
    const subject = subjectOf(event);
    const before = sameTime?.get(subject);
    if (before !== undefined) {
      this.#report('superseded', before, `event ${index} stands for it`);
      this.#observer?.takeSuperseded(before);
    }
    if (isProvisional) {
      if (sameTime !== undefined) sameTime.set(subject, { index, offset });
      else if (this.#provisional.size < MAX_PROVISIONAL) {
        this.#provisional.set(event.ts, new Map([[subject, { index, offset }]]));
      }
    } else if (sameTime?.delete(subject) && sameTime.size === 0) {
      this.#provisional.delete(event.ts);
    }
  }

  #checkFlow(event: TimedEvent, { id, phase }: FlowRole): void {
    if (phase === undefined) {
      this.#report('flow-direction', event, 'there is a bind_id, but no flow_in or flow_out');
    } else if (id === undefined) {
      this.#report('flow-id', event, 'the id must be a hexadecimal string or an integer');
    }
  }

  /** Unlike the timelines, DevTools matches begins and ends in the order of the file. */
  #takeBeginOrEnd(event: TimedEvent): void {
    if (event.event.ph === 'B') this.#begins.push(event);
    if (event.ph !== 'E') return;
    const popped = this.#begins.end(event);
    if (popped === undefined) return;
    const message = `in DevTools "${event.name}" ends "${popped.name}" (event ${popped.index})`;
    this.#report('begin-end-interleaved', event, message);
  }
}

/** Checks a trace that is in memory. */
export function checkText(text: string | Buffer, options?: CheckOptions): CheckResult {
  const check = new TraceCheck(options);
  try {
    const parser = new EntryParser('<text>', check.handlers);
    parser.push(typeof text === 'string' ? Buffer.from(text) : text);
    return check.finish(parser.end());
  } finally {
    check.close();
  }
}
