const SAMPLES = 5;
/** performance.timeOrigin is taken for the wall clock's if it is off by no more than so much. */
const MAX_WALL_DRIFT_MS = 2;
const US_PER_MS = 1000;

/** Time 0 of a trace on the clocks that others have. */
export interface TimeZero {
  /** performance.now(). */
  readonly base: number;
  /** Microseconds since 1970. */
  readonly wallMicroseconds: number;
  /** Nanoseconds of CLOCK_MONOTONIC, or what this system has in its place. */
  readonly monotonicNanoseconds: bigint;
}

/** Takes this moment for time 0. */
export function readTimeZero(): TimeZero {
  let base = 0;
  let monotonic = 0n;
  let smallest = Number.POSITIVE_INFINITY;
  // The two clocks cannot be read at once: of a few tries, the one that took the least time.
  for (let i = 0; i < SAMPLES; i++) {
    const before = process.hrtime.bigint();
    const now = performance.now();
    const after = process.hrtime.bigint();
    const gap = Number(after - before);
    if (gap >= smallest) continue;
    smallest = gap;
    base = now;
    monotonic = before + (after - before) / 2n;
  }
  return {
    base,
    wallMicroseconds: Math.round(wallClock(base) * US_PER_MS),
    monotonicNanoseconds: monotonic,
  };
}

/**
 * Date.now() has milliseconds only; performance.timeOrigin has microseconds, but of the time when
 * the process started: it is used unless the wall clock was set since then.
 */
function wallClock(now: number): number {
  const precise = performance.timeOrigin + now;
  const coarse = Date.now();
  return Math.abs(precise - coarse) <= MAX_WALL_DRIFT_MS ? precise : coarse;
}

const SECONDS_PER_DAY = 86_400;
const DAYS_PER_ERA = 146_097;
const YEARS_PER_ERA = 400;
/** From the first of March of year 0 to 1970. */
const DAYS_BEFORE_1970 = 719_468;

/**
 * A time since 1970 as ISO 8601 has it. Not by Date, whose first conversion in a process loads the
 * time zones: 1 to 5 ms, more than all else that `start()` computes.
 */
export function isoTime(microseconds: number): string {
  const seconds = Math.floor(microseconds / 1e6);
  const day = Math.floor(seconds / SECONDS_PER_DAY);
  const second = seconds - day * SECONDS_PER_DAY;
  // Years begin in March here, so that the leap day is the last of its year; eras are the 400
  // years after which the calendar repeats itself.
  const days = day + DAYS_BEFORE_1970;
  const era = Math.floor(days / DAYS_PER_ERA);
  const dayOfEra = days - era * DAYS_PER_ERA;
  const leapDays =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  // From March: 31, 30, 31, 30, 31 days, again and again.
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
  const year = era * YEARS_PER_ERA + yearOfEra + (month >= 10 ? 1 : 0);
  const date = `${year}-${digits(((month + 2) % 12) + 1, 2)}-${digits(dayOfMonth, 2)}`;
  const [hours, minutes] = [Math.floor(second / 3600), Math.floor(second / 60) % 60];
  const time = `${digits(hours, 2)}:${digits(minutes, 2)}:${digits(second % 60, 2)}`;
  return `${date}T${time}.${digits(microseconds - seconds * 1e6, 6)}Z`;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}
