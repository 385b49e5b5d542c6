/**
 * Numbers of the fields of Perfetto's trace format that are written or read here, by message. What they
 * mean is said in Perfetto's own definitions, `protos/perfetto/trace/`.
 */

/** Trace: nothing but packets. */
export const PACKET = 1;

/** TracePacket. */
export const packet = {
  clockSnapshot: 6,
  timestamp: 8,
  sequence: 10,
  trackEvent: 11,
  internedData: 12,
  sequenceFlags: 13,
  stateCleared: 41,
  previousPacketDropped: 42,
  processDescriptor: 43,
  threadDescriptor: 44,
  compressed: 50,
  clock: 58,
  defaults: 59,
  trackDescriptor: 60,
  perfSample: 66,
  machine: 98,
  zstdCompressed: 133,
  /** None of Perfetto's: a packet that was erased. Who reads a trace passes over it. */
  blank: 899,
} as const;

/** TracePacket.SequenceFlags: a sequence begins, or begins anew; a packet needs what was said since then. */
export const STATE_CLEARED = 1;
export const NEEDS_STATE = 2;

/** TracePacketDefaults, and the TrackEventDefaults in it. */
export const defaults = {
  trackEvent: 11,
  clock: 58,
  track: 11,
  extraTrack: 31,
  extraDoubleTrack: 45,
} as const;

/** ClockSnapshot, and the Clock in it. */
export const snapshot = { clock: 1, primary: 2 } as const;
export const clock = { id: 1, timestamp: 2, isIncremental: 3, unit: 4 } as const;

/** Clocks of the system. */
export const REALTIME = 1;
export const MONOTONIC = 3;
export const BOOTTIME = 6;
/** Clocks from this number on are a sequence's own. */
export const FIRST_OWN_CLOCK = 64;

export const trackEvent = {
  deltaMicroseconds: 1,
  categoryId: 3,
  annotation: 4,
  /** What Chrome's own macros of before say in place of a type. */
  legacyEvent: 6,
  type: 9,
  nameId: 10,
  track: 11,
  extraValue: 12,
  absoluteMicroseconds: 16,
  category: 22,
  name: 23,
  counterValue: 30,
  extraTrack: 31,
  doubleCounterValue: 44,
  extraDoubleTrack: 45,
  extraDoubleValue: 46,
  flow: 47,
  terminatingFlow: 48,
  correlation: 52,
  /** As varints: what these were before. */
  oldFlow: 36,
  oldTerminatingFlow: 42,
} as const;

/** TrackEvent.LegacyEvent. */
export const legacyEvent = {
  nameId: 1,
  phase: 2,
  microseconds: 3,
  id: 6,
  idScope: 7,
  bindId: 8,
  localId: 10,
  globalId: 11,
  bindsToEnclosing: 12,
  direction: 13,
  scope: 14,
  pid: 18,
  tid: 19,
} as const;

/** Name and category of the points of flows that are read: of those, only the times say which one starts. */
export const FLOW = 'flow';

/** TrackEvent.Type. */
export const SLICE_BEGIN = 1;
export const SLICE_END = 2;
export const INSTANT = 3;
export const COUNTER = 4;

/** DebugAnnotation. */
export const annotation = {
  nameId: 1,
  bool: 2,
  uint: 3,
  int: 4,
  double: 5,
  string: 6,
  pointer: 7,
  nested: 8,
  /**
   * Never the JSON `null`: Perfetto's importer (v58) ends its process at it. Null is an annotation without a
   * value, which it leaves out, as it leaves out null in JSON.
   */
  json: 9,
  name: 10,
  dictionary: 11,
  array: 12,
  stringId: 17,
} as const;

/** NestedValue: what objects and lists were before there were dictionaries. */
export const nested = {
  kind: 1,
  key: 2,
  value: 3,
  item: 4,
  int: 5,
  double: 6,
  bool: 7,
  string: 8,
} as const;
export const NESTED_DICTIONARY = 1;
export const NESTED_LIST = 2;

/** InternedData; in most of its lists is a number and a text. */
export const interned = {
  category: 1,
  name: 2,
  annotationName: 3,
  functionName: 5,
  frame: 6,
  callstack: 7,
  mappingPath: 17,
  sourcePath: 18,
  mapping: 19,
  string: 29,
} as const;
export const entry = { id: 1, text: 2 } as const;

/**
 * PerfSample: a sample of the CPU. Its callstack has frames, outermost first, and these a mapping each: a
 * file.
 */
export const perfSample = { pid: 2, tid: 3, callstack: 4 } as const;
export const callstack = { id: 1, frame: 2 } as const;
export const frame = {
  id: 1,
  functionName: 2,
  mapping: 3,
  /** Where in the mapping: frames of one name and one place are the same function. */
  place: 4,
  sourcePath: 5,
  line: 6,
} as const;
export const mapping = { id: 1, path: 7 } as const;

/** CounterDescriptor.BuiltinCounterType: such counters need no name of their own. */
export const BUILTIN_COUNTERS: ReadonlyMap<number, string> = new Map([
  [1, 'thread_time'],
  [2, 'thread_instruction_count'],
]);

/** TrackDescriptor, and the descriptors in it. */
export const track = {
  uuid: 1,
  name: 2,
  process: 3,
  thread: 4,
  parent: 5,
  counter: 8,
  staticName: 10,
  atraceName: 13,
} as const;
export const process = { pid: 1, sortIndex: 3, name: 6, label: 8 } as const;
export const thread = { pid: 1, tid: 2, sortIndex: 3, name: 5, referenceMicroseconds: 6 } as const;
export const counter = { type: 1, multiplier: 4, isIncremental: 5, unitName: 6 } as const;
