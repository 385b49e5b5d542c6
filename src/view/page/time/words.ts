/** How times and numbers are said. */

const UNITS: readonly (readonly [unit: string, nanoseconds: number])[] = [
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
  ['ns', 1],
];

/** The largest unit of which there is at least one. */
function unitOf(nanoseconds: number): readonly [unit: string, nanoseconds: number] {
  return UNITS.find(([, size]) => Math.abs(nanoseconds) >= size) ?? ['ns', 1];
}

/** A length of time in three or four figures: 1.234 ms, 12.35 s, 640 ns. */
export function duration(nanoseconds: number | null): string {
  if (nanoseconds === null) return '–';
  const [unit, size] = unitOf(nanoseconds);
  const value = nanoseconds / size;
  if (size === 1) return `${Math.round(value)} ns`;
  const digits = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 10 ? 2 : 3;
  return `${value.toFixed(digits)} ${unit}`;
}

/** A length of time to the nanosecond: 1.234 567 ms. */
export function exactDuration(nanoseconds: number): string {
  const [unit, size] = unitOf(nanoseconds);
  const digits = Math.round(Math.log10(size));
  return `${grouped(nanoseconds / size, digits)} ${unit}`;
}

/**
 * A time of the trace, as fine as it takes to tell it from one that is `step` away, in the unit of the
 * latest time beside which it stands.
 */
export function moment(time: number, step: number, latest = time): string {
  const [unit, size] = unitOf(Math.max(Math.abs(latest), step));
  const digits = Math.max(0, Math.ceil(Math.log10(size / Math.max(step, 1)) - 1e-9));
  return `${grouped(time / size, digits)} ${unit}`;
}

/** The time of day, in the zone of whoever looks, with as many decimals as `step` needs. */
export function timeOfDay(time: number, wallClock: number, step: number): string {
  // A date has whole milliseconds only.
  const whole = Math.floor(wallClock);
  const since = time + Math.round((wallClock - whole) * 1e6);
  const date = new Date(whole + Math.floor(since / 1e6));
  const rest = (((date.getTime() % 1000) + 1000) % 1000) * 1e6 + (((since % 1e6) + 1e6) % 1e6);
  const digits = Math.min(9, Math.max(0, Math.ceil(9 - Math.log10(Math.max(step, 1)))));
  const fraction = String(Math.floor(rest)).padStart(9, '0').slice(0, digits);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  return digits === 0 ? clock : `${clock}.${fraction}`;
}

/** The day, to stand before a time of day. */
export function day(time: number, wallClock: number): string {
  const date = new Date(wallClock + time / 1e6);
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part) => String(part).padStart(2, '0')).join('-');
}

/** A number of decimals, in groups of three by narrow spaces. */
function grouped(value: number, digits: number): string {
  const [whole = '', fraction = ''] = value.toFixed(digits).split('.');
  const groups = fraction.match(/.{1,3}/g)?.join('\u202f') ?? '';
  return groups === '' ? count(Number(whole)) : `${whole}.${groups}`;
}

/** A whole number with its thousands apart. */
export function count(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** A value of a counter, of whatever size. */
export function quantity(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return '–';
  if (Number.isInteger(value) && size < 1e6) return count(value);
  if (size >= 1e15) return value.toExponential(3);
  const [unit, scale] = [['G', 1e9] as const, ['M', 1e6] as const, ['k', 1e3] as const].find(
    ([, limit]) => size >= limit,
  ) ?? ['', 1];
  return `${Number((value / scale).toPrecision(4))}${unit}`;
}

/** A size in bytes. */
export function bytes(value: number): string {
  return value < 1e6 ? `${Math.ceil(value / 1e3)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}

/** A share of one. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** One of something, or many. */
export function many(number: number, one: string): string {
  return `${count(number)} ${one}${number === 1 ? '' : 's'}`;
}

/** What something is called: no more than so many characters, and a word where it has no name. */
export function called(name: string, longest: number): string {
  return name === '' ? '(unnamed)' : visible(name.slice(0, longest));
}

/** What would not be seen, or would turn the text around it, becomes a sign that is. */
export function visible(text: string): string {
  // Nearly all are plain, and thousands are drawn in a frame.
  if (PLAIN.test(text)) return text;
  return text.replaceAll(UNSEEN, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return `[${code.toString(16).toUpperCase().padStart(4, '0')}]`;
  });
}

const PLAIN = /^[ -~]*$/;
/** Control characters, formats (which turn directions, or have no width), and halves of pairs. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
