import { byTime, groupBy, type Report, type TimedEvent } from './event.js';

/** Perfetto drops slices that lie deeper. */
const MAX_DEPTH = 512;

const ON_THREAD_TRACK = new Set(['X', 'B', 'E', 'i', 'I']);

/** A bar on a thread's track. One that never ended reaches to the end of the trace: Infinity. */
export interface Slice {
  readonly opener: TimedEvent;
  readonly start: number;
  readonly end: number;
}

export function threadOf({ pid, tid }: TimedEvent): string {
  return `${pid}/${tid}`;
}

/** Checks order and nesting on each thread; returns its slices, by start, parents first. */
export function checkThreads(events: readonly TimedEvent[], report: Report): Map<string, Slice[]> {
  const slices = new Map<string, Slice[]>();
  const beginOf = new Map<TimedEvent, TimedEvent>();
  const onThreads = events.filter((event) => ON_THREAD_TRACK.has(event.ph));
  for (const [thread, own] of groupBy(onThreads, threadOf)) {
    own.sort(asPerfettoSorts);
    checkUniqueTimes(own, report);
    const ofThread = pairBeginsWithEnds(own, beginOf, report);
    ofThread.sort((a, b) => a.start - b.start || b.end - a.end || a.opener.line - b.opener.line);
    checkNesting(ofThread, report);
    slices.set(thread, ofThread);
  }
  checkOneStackForAllThreads(onThreads, beginOf, report);
  return slices;
}

function asPerfettoSorts(a: TimedEvent, b: TimedEvent): number {
  if (a.start !== b.start) return a.start - b.start;
  return Number(b.ph === 'E') - Number(a.ph === 'E') || b.end - a.end || byTime(a, b);
}

function checkUniqueTimes(own: readonly TimedEvent[], report: Report): void {
  let previous: TimedEvent | undefined;
  for (const event of own) {
    if (event.ph === 'E') continue;
    if (previous?.start === event.start) {
      const [first, second] = previous.line < event.line ? [previous, event] : [event, previous];
      const message = `${quote(second)} has the timestamp of ${quote(first)} on its thread`;
      report('equal-timestamps', second.line, message);
    }
    previous = event;
  }
}

function pairBeginsWithEnds(
  own: readonly TimedEvent[],
  beginOf: Map<TimedEvent, TimedEvent>,
  report: Report,
): Slice[] {
  const slices: Slice[] = [];
  const open: TimedEvent[] = [];
  const zeroLength = new Set<TimedEvent>();
  for (const [i, event] of own.entries()) {
    if (event.ph === 'X') {
      slices.push({ opener: event, start: event.start, end: event.end });
    } else if (event.ph === 'B') {
      if (!zeroLength.has(event)) open.push(event);
    } else if (event.ph === 'E') {
      const later = beginAtSameTime(own, i, zeroLength);
      if (later !== undefined) {
        zeroLength.add(later);
        beginOf.set(event, later);
        report('zero-length-begin-end', event.line, `Perfetto never closes ${quote(later)}`);
        continue;
      }
      const begin = open.pop();
      if (begin === undefined) {
        report('end-without-begin', event.line, `${quote(event)} ends nothing`);
        continue;
      }
      if (begin.name !== event.name || begin.cat !== event.cat) {
        const message = `${quote(event)} ends ${quote(begin)}: name and cat must be the same`;
        report('begin-end-mismatch', event.line, message);
      }
      beginOf.set(event, begin);
      slices.push({ opener: begin, start: begin.start, end: event.start });
    }
  }
  for (const begin of open) slices.push({ opener: begin, start: begin.start, end: Infinity });
  return slices;
}

/** Sorted behind the end at `index`, though the file has it in front: the end passes it by. */
function beginAtSameTime(
  own: readonly TimedEvent[],
  index: number,
  taken: ReadonlySet<TimedEvent>,
): TimedEvent | undefined {
  const end = own[index];
  for (let i = index + 1; end !== undefined && own[i]?.start === end.start; i++) {
    const begin = own[i];
    if (begin?.ph !== 'B' || begin.line > end.line || taken.has(begin)) continue;
    if (begin.name === end.name && begin.cat === end.cat) return begin;
  }
  return undefined;
}

function checkNesting(slices: readonly Slice[], report: Report): void {
  const open: Slice[] = [];
  let tooDeep = false;
  for (const slice of slices) {
    while ((open.at(-1)?.end ?? Infinity) <= slice.start) open.pop();
    const parent = open.at(-1);
    if (parent !== undefined && slice.end > parent.end) {
      const message = `${quote(slice.opener)} starts inside ${quote(parent.opener)} and outlives it`;
      report('slice-overlap', slice.opener.line, message);
      continue;
    }
    open.push(slice);
    if (open.length > MAX_DEPTH && !tooDeep) {
      tooDeep = true;
      report('slice-depth', slice.opener.line, `Perfetto drops what is deeper than ${MAX_DEPTH}`);
    }
  }
}

/** DevTools keeps a single stack of begins, in file order: the ends of all threads pop it. */
function checkOneStackForAllThreads(
  events: readonly TimedEvent[],
  beginOf: ReadonlyMap<TimedEvent, TimedEvent>,
  report: Report,
): void {
  const open: TimedEvent[] = [];
  for (const event of events) {
    if (event.ph === 'B') open.push(event);
    if (event.ph !== 'E') continue;
    const popped = open.pop();
    const begin = beginOf.get(event);
    if (begin !== undefined && popped !== begin) {
      const instead = popped === undefined ? 'nothing' : quote(popped);
      report('begin-end-interleaved', event.line, `in DevTools ${quote(event)} ends ${instead}`);
    }
  }
}

function quote({ name, line }: TimedEvent): string {
  return `"${name}" (event ${line})`;
}
