import { isObject, type RawEvent, type Report, type TimedEvent } from './event.js';

/** Phases that every viewer reads. `I` is the older `i`, the only one that DevTools draws. */
const READ = new Set(['B', 'E', 'X', 'i', 'I', 'b', 'n', 'e', 's', 't', 'f', 'C', 'M']);
const IGNORED_BY_PERFETTO = new Set(['S', 'F', 'p', 'N', 'O', 'D', 'v', 'V', 'c', '(', ')']);
const IGNORED_FIELDS = ['cname', 'sf', 'esf', 'stack', 'estack'] as const;

const UINT32_MAX = 0xffff_ffff;

/** Checks each event on its own, and returns those whose place on a timeline is known. */
export function checkFields(events: readonly (RawEvent | undefined)[], report: Report) {
  const timed: TimedEvent[] = [];
  let origin: number | undefined;
  for (const [line, raw] of events.entries()) {
    if (raw === undefined) continue;
    checkText(raw, line, report);
    const phaseIsSound = checkPhase(raw, line, report);
    const threadIsSound = checkThread(raw, line, report);
    const timeIsSound = checkTime(raw, line, report);
    if (!phaseIsSound || !threadIsSound || !timeIsSound || raw.ph === 'M') continue;

    // Perfetto rounds `ts` and `dur` to int64 nanoseconds apart and adds them up. Counted from the
    // first event, the same sums are exact in a double, even those of epoch timestamps.
    const ns = nanoseconds(raw.ts);
    origin ??= ns;
    const start = ns - origin;
    timed.push({
      line,
      ph: String(raw.ph),
      name: String(raw.name),
      cat: String(raw.cat),
      pid: Number(raw.pid),
      tid: Number(raw.tid),
      start,
      end: raw.ph === 'X' ? start + nanoseconds(raw.dur) : start,
      raw,
    });
  }
  return timed;
}

function checkText(raw: RawEvent, line: number, report: Report): void {
  if (typeof raw.name !== 'string') report('name', line, 'name must be a string');
  if (typeof raw.cat !== 'string') {
    report('cat', line, 'cat must be a string: chrome://tracing skips events without one');
  }
  if (!isObject(raw.args)) {
    report('args', line, 'args must be an object: DevTools reads it without a check');
  }
  for (const field of IGNORED_FIELDS) {
    if (raw[field] !== undefined) {
      report('ignored-field', line, `Perfetto ignores ${field}`, 'warning');
    }
  }
}

function checkPhase(raw: RawEvent, line: number, report: Report): boolean {
  const { ph, s } = raw;
  if (typeof ph !== 'string' || (!READ.has(ph) && !IGNORED_BY_PERFETTO.has(ph))) {
    report('phase', line, `no viewer is sure to read phase ${JSON.stringify(ph)}`);
    return false;
  }
  if (IGNORED_BY_PERFETTO.has(ph)) {
    report('ignored-phase', line, `Perfetto ignores phase ${ph}`, 'warning');
  }
  if ((ph === 'i' || ph === 'I') && s !== 't' && s !== 'p' && s !== 'g') {
    report('instant-scope', line, `s must be t, p or g, not ${JSON.stringify(s)}`);
  }
  return true;
}

function checkThread({ pid, tid }: RawEvent, line: number, report: Report): boolean {
  const sound = isUint32(pid) && isUint32(tid);
  if (!sound) report('thread-id', line, 'pid and tid must be unsigned 32-bit integers');
  if (tid === 0) report('thread-id', line, 'tid 0 becomes the pid in Perfetto');
  return sound;
}

function isUint32(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= UINT32_MAX;
}

function checkTime(raw: RawEvent, line: number, report: Report): boolean {
  const timeless = raw.ph === 'M' && raw.ts === undefined;
  const tsIsSound = timeless || checkMicroseconds('ts', raw.ts, line, report);
  const durIsSound = raw.ph !== 'X' || checkMicroseconds('dur', raw.dur, line, report);
  return tsIsSound && durIsSound;
}

function checkMicroseconds(field: string, value: unknown, line: number, report: Report): boolean {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    report('time', line, `${field} must be a finite number >= 0, not ${JSON.stringify(value)}`);
    return false;
  }
  const ns = nanoseconds(value);
  // Past 2^53 ns a double holds fewer decimals than that, and the scaling is not exact any more.
  if (ns <= Number.MAX_SAFE_INTEGER && ns / 1000 !== value) {
    report('time-precision', line, `${field} ${value} is not a whole number of nanoseconds`);
  }
  return true;
}

function nanoseconds(microseconds: unknown): number {
  return Math.round(Number(microseconds) * 1000);
}
