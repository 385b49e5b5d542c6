import { STATE_CLEARED } from '../../trace-event/perfetto.js';
import type { Piece } from '../byte-buffer.js';
import { SINCE_LAST } from './clocks.js';
import { defaults, entry, PACKET, packet, trackEvent } from './fields.js';
import type { Uuid } from './tracks.js';
import { NUMBER_ROOM, type WireBuffer } from './wire.js';

/** Parts of packets that are the same whatever the events come from. */

/** The sequence of what tells of the whole trace; those of threads follow. */
export const FIRST_SEQUENCE = 1;
/** The track of what belongs to no process. */
export const WHOLE_TRACE: Uuid = { high: 0, low: 0 };
/** Beyond, times are counted from the start of the trace: an event may say that it is years away. */
export const MAX_STEP = 2 ** 40;
/** Who reads a trace need not remember more than so many texts of a sequence. */
export const MAX_NUMBERS = 65_536;

/** Room for a packet but for what is put into it. */
const ROOM = 256;

/** The first packet of a trace; `head` names its sequence. */
export function beginTrace(out: WireBuffer, head: Piece, clocks: Piece): void {
  const start = out.open(PACKET);
  out.put(head);
  out.field(packet.sequenceFlags, STATE_CLEARED);
  out.piece(packet.clockSnapshot, clocks);
  out.close(start);
}

/**
 * Begins the first packet of a thread's sequence: what goes without saying in those that follow. Gives
 * what `close()` needs; more fields may follow before.
 *
 * @param isLossy Packets are missing before it.
 */
export function openSequence(
  out: WireBuffer,
  id: number,
  track: Uuid,
  clocks: Piece,
  isLossy: boolean,
): number {
  out.reserve(clocks.bytes.length + 2 * ROOM);
  const start = out.open(PACKET);
  out.field(packet.sequence, id);
  out.field(packet.sequenceFlags, STATE_CLEARED);
  if (isLossy) out.field(packet.previousPacketDropped, 1);
  const inside = out.open(packet.defaults);
  out.field(defaults.clock, SINCE_LAST);
  const event = out.open(defaults.trackEvent);
  out.uuid(defaults.track, track);
  out.close(event);
  out.close(inside);
  out.piece(packet.clockSnapshot, clocks);
  return start;
}

/** Adds a text with its number to InternedData; `list` is the tag of the list in there. */
export function intern(added: WireBuffer, list: number, id: number, text: string): void {
  added.reserve(4 * NUMBER_ROOM);
  const start = added.open(list);
  added.field(entry.id, id);
  added.string(entry.text, text);
  added.close(start);
}

/** Puts the InternedData that was gathered into a packet. */
export function putInterned(out: WireBuffer, added: WireBuffer): void {
  out.reserve(added.length + ROOM);
  out.tag(packet.internedData);
  out.varint(added.length);
  out.bytes(added.view());
  added.length = 0;
}

/** The value of a counter, in its track event. */
export function counterValue(out: WireBuffer, value: number): void {
  if (Number.isSafeInteger(value)) out.field(trackEvent.counterValue, value);
  else {
    out.tag(trackEvent.doubleCounterValue);
    out.double(value);
  }
}
