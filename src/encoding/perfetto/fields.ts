import * as facts from '../../trace-event/perfetto.js';
import { bytes, fixed, number } from './wire.js';

/**
 * Tags of the fields of Perfetto's trace format that are written here: their numbers, and how each is
 * encoded.
 */

export const PACKET: number = bytes(facts.PACKET);

/** TracePacket. */
export const packet = {
  clockSnapshot: bytes(facts.packet.clockSnapshot),
  timestamp: number(facts.packet.timestamp),
  sequence: number(facts.packet.sequence),
  trackEvent: bytes(facts.packet.trackEvent),
  internedData: bytes(facts.packet.internedData),
  sequenceFlags: number(facts.packet.sequenceFlags),
  previousPacketDropped: number(facts.packet.previousPacketDropped),
  clock: number(facts.packet.clock),
  defaults: bytes(facts.packet.defaults),
  trackDescriptor: bytes(facts.packet.trackDescriptor),
  perfSample: bytes(facts.packet.perfSample),
  blank: bytes(facts.packet.blank),
} as const;

/** TracePacketDefaults, and the TrackEventDefaults in it. */
export const defaults = {
  trackEvent: bytes(facts.defaults.trackEvent),
  clock: number(facts.defaults.clock),
  track: number(facts.defaults.track),
} as const;

/** ClockSnapshot, and the Clock in it. */
export const snapshot = {
  clock: bytes(facts.snapshot.clock),
  primary: number(facts.snapshot.primary),
} as const;
export const clock = {
  id: number(facts.clock.id),
  timestamp: number(facts.clock.timestamp),
  isIncremental: number(facts.clock.isIncremental),
} as const;

export const trackEvent = {
  categoryId: number(facts.trackEvent.categoryId),
  annotation: bytes(facts.trackEvent.annotation),
  legacyEvent: bytes(facts.trackEvent.legacyEvent),
  type: number(facts.trackEvent.type),
  nameId: number(facts.trackEvent.nameId),
  track: number(facts.trackEvent.track),
  category: bytes(facts.trackEvent.category),
  name: bytes(facts.trackEvent.name),
  counterValue: number(facts.trackEvent.counterValue),
  doubleCounterValue: fixed(facts.trackEvent.doubleCounterValue),
  flow: fixed(facts.trackEvent.flow),
  terminatingFlow: fixed(facts.trackEvent.terminatingFlow),
  correlation: number(facts.trackEvent.correlation),
} as const;

/** TrackEvent.LegacyEvent. */
export const legacyEvent = {
  phase: number(facts.legacyEvent.phase),
  microseconds: number(facts.legacyEvent.microseconds),
} as const;

export const annotation = {
  nameId: number(facts.annotation.nameId),
  bool: number(facts.annotation.bool),
  uint: number(facts.annotation.uint),
  int: number(facts.annotation.int),
  double: fixed(facts.annotation.double),
  string: bytes(facts.annotation.string),
  json: bytes(facts.annotation.json),
  name: bytes(facts.annotation.name),
  dictionary: bytes(facts.annotation.dictionary),
  array: bytes(facts.annotation.array),
  stringId: number(facts.annotation.stringId),
} as const;

/** InternedData; in most of its lists is a number and a text. */
export const interned = {
  category: bytes(facts.interned.category),
  name: bytes(facts.interned.name),
  annotationName: bytes(facts.interned.annotationName),
  functionName: bytes(facts.interned.functionName),
  frame: bytes(facts.interned.frame),
  callstack: bytes(facts.interned.callstack),
  mappingPath: bytes(facts.interned.mappingPath),
  sourcePath: bytes(facts.interned.sourcePath),
  mapping: bytes(facts.interned.mapping),
  string: bytes(facts.interned.string),
} as const;
export const entry = { id: number(facts.entry.id), text: bytes(facts.entry.text) } as const;

/** PerfSample, and what its number of a callstack leads to. */
export const perfSample = {
  pid: number(facts.perfSample.pid),
  tid: number(facts.perfSample.tid),
  callstack: number(facts.perfSample.callstack),
} as const;
export const callstack = {
  id: number(facts.callstack.id),
  frame: number(facts.callstack.frame),
} as const;
export const frame = {
  id: number(facts.frame.id),
  functionName: number(facts.frame.functionName),
  mapping: number(facts.frame.mapping),
  place: number(facts.frame.place),
  sourcePath: number(facts.frame.sourcePath),
  line: number(facts.frame.line),
} as const;
export const mapping = {
  id: number(facts.mapping.id),
  path: number(facts.mapping.path),
} as const;

export const track = {
  uuid: number(facts.track.uuid),
  name: bytes(facts.track.name),
  process: bytes(facts.track.process),
  thread: bytes(facts.track.thread),
  parent: number(facts.track.parent),
  counter: bytes(facts.track.counter),
} as const;

/** ProcessDescriptor. */
export const process = {
  pid: number(facts.process.pid),
  sortIndex: number(facts.process.sortIndex),
  name: bytes(facts.process.name),
  label: bytes(facts.process.label),
} as const;

/** ThreadDescriptor. */
export const thread = {
  pid: number(facts.thread.pid),
  tid: number(facts.thread.tid),
  sortIndex: number(facts.thread.sortIndex),
  name: bytes(facts.thread.name),
} as const;

/** CounterDescriptor. */
export const counter = { unitName: bytes(facts.counter.unitName) } as const;
