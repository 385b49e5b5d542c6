/**
 * All that a repair can do, by stable codes: scripts may rely on them, as on the names of rules. The
 * sentences are for people.
 */
export const REPAIRS = {
  // The text around the events.
  'list-closed': 'closed the list, and dropped what was cut off',
  'commas-mended': 'mended commas',
  'byte-order-mark-left-out': 'left out the byte order mark',
  'trailing-data-left-out': 'left out what comes behind the list of events',
  'members-left-out':
    'left out what stands beside the events and cannot be kept: too long, too deep, no JSON, or of another format',
  'display-time-unit-set': 'set displayTimeUnit to ms',

  'damage-left-out': 'left out what is no event between the others, or no whole one',

  // The text of an event.
  'non-event-dropped': 'dropped what is no event',
  'too-deep-dropped': 'dropped an event that is too deep to be written',
  'invalid-utf8-replaced': 'replaced bytes that are no UTF-8',
  'empty-event-dropped': 'dropped an empty event',
  'control-characters-escaped': 'escaped control characters',
  'backslashes-escaped': 'escaped backslashes that escape nothing',
  'quotes-escaped': 'escaped quotes in the middle of a string',
  'literals-replaced': 'wrote values as JSON has them: NaN and infinity as text',
  'extra-commas-left-out': 'left out commas that were too many',
  'large-ids-made-text': 'wrote ids beyond 2^53 as text',
  'surrogates-unescaped': 'wrote characters as they are, and lone surrogates as U+FFFD',

  'superseded-dropped': 'dropped a provisional event for which another one stands',

  // The fields of an event.
  'unknown-phase-dropped': 'dropped an event whose phase no viewer reads',
  'phase-shortened': 'wrote the first letter of a phase that is longer',
  'old-async-renewed': 'wrote an async event of the old kind as one of the new',
  'name-given': 'gave a name to an event without one',
  'cat-given': 'gave a cat to an event without one',
  'args-given': 'gave args to an event without any',
  'scope-given': 'gave a scope to an instant without one',
  'time-made-number': 'made a time a number',
  'times-moved': 'moved all times so that none is negative',
  'timeless-dropped': 'dropped an event without a time',
  'duration-made-number': 'made a duration a number',
  'duration-zeroed': 'took a negative duration for 0',
  'complete-made-begin': 'made a begin of a complete event without a duration',
  'thread-numbered': 'gave numbers to processes and threads that had none',

  // Counters and metadata.
  'counter-value-made-number': 'made a number of a value of a counter that is one as text',
  'counter-value-dropped': 'dropped a value of a counter that is no number',
  'counter-dropped': 'dropped a counter event without a value',
  'metadata-made-text': 'made the name of a process or thread a string',
  'sort-index-made-number': 'made a sort index a number',
  'sort-index-dropped': 'dropped a sort index that is no whole number',

  // Slices.
  'slice-made-async': 'moved a slice that overlaps others to an async track',
  'open-begin-made-async':
    'moved a begin without an end, with which a complete event begins, to an async track',
  'begin-end-joined': 'wrote a begin and its end as a complete event',
  'joined-end-dropped': 'dropped an end that is the end of a complete event',
  'begin-ended-with-outer': 'ended a slice whose end is missing with the slice around it',
  'end-without-begin-dropped': 'dropped an end without a begin',

  // Async operations.
  'async-without-id-dropped': 'dropped an async event without an id',
  'async-id-left-out': 'left out one of the two ids of an async event',
  'async-id-replaced': 'gave another id to async events whose id is empty or 0',
  'async-overlap-parted': 'gave an async operation that overlaps another an id of its own',
  'async-end-without-begin-dropped': 'dropped an async end without a begin',

  // Flows.
  'flow-end-bound': 'bound the end of a flow to the slice around it',
  'flow-numbered': 'gave a number to a flow whose id viewers do not read',
  'flow-outside-slice-dropped': 'dropped a flow event outside every slice',
  'flow-moved-into-slice': 'moved a flow event behind the begin of its slice',
  'flow-parted': 'gave a flow whose id another had before an id of its own',
  'flow-unbound': 'took the bind_id from a slice that no flow leads to',
  'flow-without-start-dropped': 'dropped a flow event without a start',
  'flow-before-start-dropped': 'dropped a flow event before its start',
} as const satisfies Readonly<Record<string, string>>;

/** The code of something that a repair did. */
export type RepairCode = keyof typeof REPAIRS;

/** Takes what was done, once for each time. */
export type Say = (repair: RepairCode) => void;
