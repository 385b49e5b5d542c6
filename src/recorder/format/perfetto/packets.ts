import { PACKET, packet, trackEvent } from '../../../encoding/perfetto/fields.js';
import { SLICE_END } from '../../../trace-event/perfetto.js';
import type { Framing, Piecewise } from '../framing.js';

/** Where a field's value begins and ends. `end` is NaN where it is not whole. */
interface Field {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
  /** Of a number, as far as 32 bits hold it. */
  readonly value: number;
}

/** A packet stands behind the other, each behind its length. */
export const packetFraming: Framing = {
  suffix: '.pftrace',
  closing: new Uint8Array(0),

  wholeEvents(events, length) {
    let whole = 0;
    for (const { end } of fieldsIn(events, 0, events.length)) {
      if (!(end <= length)) break;
      whole = end;
    }
    return whole;
  },

  endOfEvent(events, byte) {
    for (const { end } of fieldsIn(events, 0, events.length)) if (end > byte) return end;
    return events.length;
  },

  count(events) {
    let count = 0;
    for (const field of fieldsIn(events, 0, events.length)) count += eventsOf(events, field);
    return count;
  },

  blank(event) {
    event.fill(0);
    event[0] = PACKET;
    const inside = putLength(event, 1, event.length);
    event[inside] = (packet.blank & 0x7f) | 0x80;
    event[inside + 1] = packet.blank >> 7;
    putLength(event, inside + 2, event.length);
  },

  // What is provisional is written apart, and shares no name and no clock with what stands for it.
  replacedBy: () => () => false,

  read(piece): Piecewise {
    const runs: Uint8Array[] = [];
    let done = 0;
    let start = 0;
    for (const field of fieldsIn(piece, 0, piece.length)) {
      if (field.tag !== PACKET) throw new Error('This is no trace in the format of Perfetto.');
      if (Number.isNaN(field.end)) break;
      if (isBlank(piece, field)) {
        if (done > start) runs.push(piece.subarray(start, done));
        start = field.end;
      }
      done = field.end;
    }
    if (done > start) runs.push(piece.subarray(start, done));
    return { runs, done };
  },
};

/** Where each packet begins and ends. */
export function* packetsIn(packets: Uint8Array): Generator<readonly [start: number, end: number]> {
  let start = 0;
  for (const { end } of fieldsIn(packets, 0, packets.length)) {
    yield [start, end];
    start = end;
  }
}

/** The fields between two places, up to one that is cut off. */
function* fieldsIn(bytes: Uint8Array, from: number, to: number): Generator<Field> {
  for (let at = from; at < to; ) {
    const tag = varintAt(bytes, at, to);
    const value = varintAt(bytes, tag.end, to);
    const size = { 0: 0, 1: 8, 2: value.value, 5: 4 }[tag.value & 7] ?? Number.NaN;
    // Of what is no number, the length takes the place of the value.
    const start = (tag.value & 5) === 1 ? tag.end : value.end;
    const end = start + size <= to ? start + size : Number.NaN;
    yield { tag: tag.value, start, end, value: value.value };
    if (Number.isNaN(end)) return;
    at = end;
  }
}

function varintAt(bytes: Uint8Array, from: number, to: number): { value: number; end: number } {
  let value = 0;
  let scale = 1;
  for (let at = from; at < to; at++, scale *= 2 ** 7) {
    value += (bytes[at] & 0x7f) * scale;
    if (bytes[at] < 0x80) return { value, end: at + 1 };
  }
  return { value: Number.NaN, end: Number.NaN };
}

/** The length of what stands behind it, up to the end. Gives where that begins. */
function putLength(bytes: Uint8Array, at: number, end: number): number {
  let next = at;
  // One byte for each seven bits; what stands behind them is so much shorter.
  for (let rest = end - at - 1; rest >= 2 ** 7; rest = Math.floor(rest / 2 ** 7)) next++;
  let rest = end - next - 1;
  for (let i = at; i < next; i++) {
    bytes[i] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 2 ** 7);
  }
  bytes[next] = rest;
  return next + 1;
}

function isBlank(bytes: Uint8Array, { start, end }: Field): boolean {
  const [first] = fieldsIn(bytes, start, end);
  return first?.tag === packet.blank;
}

/**
 * How many events a packet tells of, as they are counted: the end of a slice on the track of its thread
 * is none, that of an operation is one; a point of a flow is one.
 */
function eventsOf(bytes: Uint8Array, { start, end }: Field): number {
  for (const field of fieldsIn(bytes, start, end)) {
    if (field.tag === packet.trackEvent) return eventsIn(bytes, field);
  }
  return 0;
}

function eventsIn(bytes: Uint8Array, { start, end }: Field): number {
  let isEnd = false;
  let hasTrack = false;
  let points = 0;
  for (const { tag, value } of fieldsIn(bytes, start, end)) {
    if (tag === trackEvent.type) isEnd = value === SLICE_END;
    else if (tag === trackEvent.track) hasTrack = true;
    else if (tag === trackEvent.flow || tag === trackEvent.terminatingFlow) points++;
  }
  return points + (isEnd && !hasTrack ? 0 : 1);
}
