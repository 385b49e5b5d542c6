import { byTime, groupBy, isObject, type RawEvent, type Report, type TimedEvent } from './event.js';

const ASYNC = new Set(['b', 'n', 'e']);

/** Async events share a track by (cat, id), and nest there like a stack. */
export function checkAsync(events: readonly TimedEvent[], report: Report): void {
  const identified = events.filter((event) => ASYNC.has(event.ph) && checkIdentity(event, report));
  for (const track of groupBy(identified, trackOf).values()) {
    track.sort(byTime);
    checkOneProcess(track, report);
    checkStack(track, report);
  }
}

function checkIdentity({ name, cat, raw, line }: TimedEvent, report: Report): boolean {
  if (name === '' || cat === '') report('async-fields', line, 'name and cat must not be empty');
  if (raw.id !== undefined && raw.id2 !== undefined) {
    report('async-id', line, 'an event must not have both id and id2');
    return false;
  }
  if (!isId(plainId(raw))) {
    report('async-id', line, 'the id must be a string or an integer');
    return false;
  }
  // Falsy ids are no ids to DevTools.
  if (plainId(raw) === '' || plainId(raw) === 0) {
    report('async-id', line, 'DevTools takes an empty id and id 0 for none');
  }
  return true;
}

function plainId({ id, id2 }: RawEvent): unknown {
  if (!isObject(id2)) return id;
  const { global, local } = id2;
  return global ?? local;
}

function isId(id: unknown): boolean {
  return typeof id === 'string' || Number.isSafeInteger(id);
}

function trackOf({ cat, pid, raw }: TimedEvent): string {
  const id = plainId(raw);
  const isLocal = isObject(raw.id2) && !('global' in raw.id2);
  return JSON.stringify([cat, id, isLocal ? pid : null]);
}

function checkOneProcess(track: readonly TimedEvent[], report: Report): void {
  const first = track[0];
  const stranger = track.find((event) => event.pid !== first?.pid);
  if (stranger !== undefined) {
    const message = `processes ${first?.pid} and ${stranger.pid} share cat and id`;
    report('async-id-shared', stranger.line, message);
  }
}

function checkStack(track: readonly TimedEvent[], report: Report): void {
  const open: TimedEvent[] = [];
  for (const event of track) {
    if (event.ph === 'b') {
      open.push(event);
    } else if (open.length === 0) {
      const rule = event.ph === 'n' ? 'async-instant-outside' : 'async-end-without-begin';
      report(rule, event.line, `nothing of its cat and id is open at "${event.name}"`);
    } else if (event.ph === 'e') {
      closeTop(open, event, report);
    }
  }
}

function closeTop(open: TimedEvent[], end: TimedEvent, report: Report): void {
  const top = open.at(-1);
  if (top?.name === end.name) {
    open.pop();
    return;
  }
  const deeper = open.findLastIndex((begin) => begin.name === end.name);
  if (deeper < 0) {
    report('async-end-without-begin', end.line, `no "${end.name}" of its cat and id is open`);
    return;
  }
  report('async-overlap', end.line, `"${end.name}" ends while "${top?.name}" is open inside it`);
  open.splice(deeper, 1);
}
