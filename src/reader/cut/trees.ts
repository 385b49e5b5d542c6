import { OWN_ID, ROOT_ID } from '../../trace-event/lineage.js';
import { type ArgumentKey, argumentKey, parsedText, textBehind } from '../source/argument-texts.js';

const ROOT_KEY = argumentKey(ROOT_ID);
const OWN_KEY = argumentKey(OWN_ID);
/** What slices are called that tracelane records of turns of the event loop. */
export const LONG_TICK = { name: 'long tick', category: 'loop' };

/**
 * The outermost call that an event belongs to, as tracelane writes it into arguments, looked for in the
 * bytes of the event: to parse each would take ten times as long.
 */
export function rootOf(bytes: Buffer, start: number, end: number): string | undefined {
  const event = bytes.subarray(start, end);
  return textOf(event, ROOT_KEY) ?? textOf(event, OWN_KEY);
}

function textOf(event: Buffer, key: ArgumentKey): string | undefined {
  const at = event.indexOf(key.bytes);
  if (at < 0) return undefined;
  const place = textBehind(event, at, key);
  return place === undefined ? parsedText(event, key) : event.toString('utf8', place[0], place[1]);
}

/** Whether a slice is a turn of the event loop. Parts of calls lie in it that have nothing else in common. */
export function isLongTick(name: string, category: string): boolean {
  return name === LONG_TICK.name && category === LONG_TICK.category;
}
