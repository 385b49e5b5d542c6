import { isMicroseconds, isUint32, NS_PER_US } from '../../trace-event/numbers.js';
import {
  isIgnoredPhase,
  isInstant,
  isOfProfile,
  isPhase,
  isScope,
  isThreadState,
} from '../../trace-event/phases.js';
import { hasSurrogateEscape } from '../../trace-event/surrogates.js';
import { isObject, type RawEvent, type TraceEntry } from '../source/entries.js';
import { isJson } from '../source/is-json.js';
import { isTooDeep } from '../source/json-depth.js';
import { needsTid } from '../timeline/timed-event.js';
import type { Report } from './findings.js';

const IGNORED_FIELDS = ['cname', 'sf', 'esf', 'stack', 'estack'] as const;

/** Checks an event's text and its fields, each on its own. */
export function checkFields(entry: TraceEntry, report: Report): void {
  const { event, text, badUtf8 } = entry;
  if (badUtf8) report('invalid-utf8', entry, 'there are bytes that are no UTF-8');
  if (hasSurrogateEscape(text)) {
    report('surrogate-escape', entry, 'there is a \\uD800-\\uDFFF escape');
  }
  if (event === undefined) {
    reportNoObject(entry, report);
    return;
  }
  if (Object.keys(event).length === 0) {
    report('empty-event', entry, 'the event is empty: {}');
    return;
  }
  checkText(entry, event, report);
  checkPhase(entry, event, report);
  checkThread(entry, event, report);
  checkTimes(entry, event, report);
}

/** Reports why a text is no event. That it is no JSON, or too deep, was reported when it was read. */
function reportNoObject(entry: TraceEntry, report: Report): void {
  const { text } = entry;
  if (!isTooDeep(text) && isJson(text))
    report('event-object', entry, `an event must be an object, not ${shorten(text)}`);
}

function checkText(entry: TraceEntry, event: RawEvent, report: Report): void {
  const { name, cat, args, ph } = event;
  // An end needs no name: it is that of its begin.
  if (typeof name !== 'string' && ph !== 'E') {
    report('name', entry, `name must be a string, not ${show(name)}`);
  }
  if (typeof cat !== 'string') report('cat', entry, `cat must be a string, not ${show(cat)}`);
  if (!isObject(args)) report('args', entry, `args must be an object, not ${show(args)}`);
  for (const field of IGNORED_FIELDS) {
    if (event[field] !== undefined) report('ignored-field', entry, `Perfetto ignores ${field}`);
  }
}

function checkPhase(entry: TraceEntry, event: RawEvent, report: Report): void {
  const { ph, s } = event;
  if (!isPhase(ph)) {
    report('phase', entry, `no viewer is sure to read phase ${show(ph)}`);
  } else if (isIgnoredPhase(ph)) {
    if (isThreadState(event) || isOfProfile(event)) return;
    report('ignored-phase', entry, `Perfetto ignores phase ${ph}`);
  } else if (isInstant(ph) && !isScope(s)) {
    report('instant-scope', entry, `s must be t, p or g, not ${show(s)}`);
  }
}

function checkThread(entry: TraceEntry, event: RawEvent, report: Report): void {
  const { pid, tid } = event;
  if (isUint32(pid) && tid === undefined && !needsTid(event)) return;
  if (!isUint32(pid) || !isUint32(tid)) {
    const found = `pid ${show(pid)}, tid ${show(tid)}`;
    report('thread-id', entry, `pid and tid must be unsigned 32-bit integers, not ${found}`);
  } else if (tid === 0) report('thread-zero', entry, 'tid 0 becomes the pid in Perfetto');
}

function checkTimes(entry: TraceEntry, { ph, ts, dur }: RawEvent, report: Report): void {
  const timeless = ph === 'M' && ts === undefined;
  if (!timeless) checkMicroseconds(entry, 'ts', ts, report);
  if (ph === 'X') checkMicroseconds(entry, 'dur', dur, report);
}

function checkMicroseconds(entry: TraceEntry, field: string, value: unknown, report: Report) {
  if (!isMicroseconds(value) || value < 0) {
    report('time', entry, `${field} must be a number from 0 to 4.6e15, not ${show(value)}`);
    return;
  }
  const ns = Math.round(value * NS_PER_US);
  // Beyond 2^53 ns (104 days) a double has no room for three decimals: there is nothing to check.
  if (ns <= Number.MAX_SAFE_INTEGER && ns / NS_PER_US !== value) {
    report('time-precision', entry, `${field} ${value} is not a whole number of nanoseconds`);
  }
}

export function show(value: unknown): string {
  return value === undefined ? 'missing' : shorten(JSON.stringify(value));
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
