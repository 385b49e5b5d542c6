import { OWN_ID, ROOT_ID } from '../../trace-event/lineage.js';

const ROOT_KEY = Buffer.from(`"${ROOT_ID}":"`);
const OWN_KEY = Buffer.from(`"${OWN_ID}":"`);
const CATEGORY_KEY = Buffer.from(`"category":"`);
/** What slices are called that tracelane records of turns of the event loop. */
export const LONG_TICK = { name: 'long tick', category: 'loop' };
const QUOTE = '"'.charCodeAt(0);

/**
 * The outermost call that an event belongs to, as tracelane writes it into arguments, looked for in the
 * bytes of the event: to parse each would take ten times as long.
 */
export function rootOf(bytes: Buffer, start: number, end: number): string | undefined {
  const event = bytes.subarray(start, end);
  return textBehind(event, ROOT_KEY) ?? textBehind(event, OWN_KEY);
}

/**
 * The category that an operation says it has in its arguments, where its own field names the track that it
 * shares with what it was begun in.
 */
export function ownCategory(bytes: Buffer, start: number, end: number): string | undefined {
  return textBehind(bytes.subarray(start, end), CATEGORY_KEY);
}

function textBehind(event: Buffer, key: Buffer): string | undefined {
  const at = event.indexOf(key);
  if (at < 0) return undefined;
  const from = at + key.length;
  const to = event.indexOf(QUOTE, from);
  return to < 0 ? undefined : event.toString('latin1', from, to);
}

/** Whether a slice is a turn of the event loop. Parts of calls lie in it that have nothing else in common. */
export function isLongTick(name: string, category: string): boolean {
  return name === LONG_TICK.name && category === LONG_TICK.category;
}
