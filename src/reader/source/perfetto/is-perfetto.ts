import { packet } from '../../../trace-event/perfetto.js';
import { ABOUT_PACKETS, UNREAD_PACKETS } from './other-packets.js';
import { PACKET_TAG } from './plain-bytes.js';
import { WireReader } from './wire-reader.js';

/** With so many bytes the first fields of a packet are there, however long it is. */
export const ENOUGH_BYTES = 4096;
/** As the tag of a field that has a length, the quote in which JSON has names. */
const QUOTE = 4;
/** What a packet begins with of which only the begin is there. */
const FIRST_FIELDS: ReadonlySet<number> = new Set(
  [...Object.values(packet), ...ABOUT_PACKETS, ...UNREAD_PACKETS.keys()].filter(
    (field) => field !== QUOTE,
  ),
);

/**
 * Whether the first bytes of a file are those of a trace in Perfetto's format; undefined where more bytes
 * would tell. JSON may begin with a line break, which is the tag of a packet, too.
 */
export function isPerfetto(bytes: Uint8Array, areAll: boolean): boolean | undefined {
  if (bytes[0] !== PACKET_TAG) return bytes.length === 0 && !areAll ? undefined : false;
  const reader = new WireReader();
  reader.bytes = bytes;
  reader.enter(0, bytes.length);
  const isWhole = reader.next();
  if (!isWhole && !areAll && bytes.length < ENOUGH_BYTES) return undefined;
  const next = reader.at;
  reader.enter(reader.start, isWhole ? reader.stop : bytes.length);
  const isBegun = reader.next() || (!isWhole && reader.at >= reader.end);
  if (!isBegun) return false;
  if (!isWhole) return FIRST_FIELDS.has(reader.field);
  // A packet that is one from its first byte to its last needs no other proof: there are new kinds each year.
  while (reader.next());
  return reader.at === reader.end && (next === bytes.length || bytes[next] === PACKET_TAG);
}
