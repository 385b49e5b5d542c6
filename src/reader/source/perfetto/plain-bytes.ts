import { PACKET, packet } from '../../../trace-event/perfetto.js';
import { WIRE } from './wire-reader.js';

/*
 * Places in the bytes of packets that are as most writers write them. Unlike a WireReader, these
 * functions have no state: with that, a packet would take three times as long.
 */

/** What is less has one byte. */
export const ONE_BYTE = 0x80;
/** A byte of a number has so many bits of it. */
export const BITS = 7;
export const LOW_BITS = ONE_BYTE - 1;
/** Given in place of where something ends: it is not plain. */
export const ODD = -1;

/** What a field begins with, if its number is small. */
export function tagOf(field: number, wire: number): number {
  return (field << 3) | wire;
}

/** The two bytes that a field begins with, if its number is larger. */
export function twoBytes(field: number, wire: number): readonly [first: number, second: number] {
  const tag = tagOf(field, wire);
  return [(tag & LOW_BITS) | ONE_BYTE, tag >> BITS];
}

// What packets and their fields begin with.
export const PACKET_TAG = tagOf(PACKET, WIRE.bytes);
export const TIME = tagOf(packet.timestamp, WIRE.varint);
export const SEQUENCE = tagOf(packet.sequence, WIRE.varint);
export const EVENT = tagOf(packet.trackEvent, WIRE.bytes);
export const [CLOCK, CLOCK_2] = twoBytes(packet.clock, WIRE.varint);

/** The place behind a varint that begins at a place, or any place from `end` on if it is not whole. */
export function afterVarint(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] >= ONE_BYTE) at++;
  return at + 1;
}

/**
 * Of a message of less than 2^14 bytes: where it begins whose length stands at a place. ODD for longer
 * ones.
 */
export function startOf(bytes: Uint8Array, at: number): number {
  if (bytes[at] < ONE_BYTE) return at + 1;
  return bytes[at + 1] < ONE_BYTE ? at + 2 : ODD;
}

/** The number that stands at a place, in one byte or two. */
export function numberAt(bytes: Uint8Array, at: number): number {
  const low = bytes[at];
  return low < ONE_BYTE ? low : (low & LOW_BITS) | (bytes[at + 1] << BITS);
}
