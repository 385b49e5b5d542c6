import { MAX_JSON_DEPTH } from '../../trace-event/numbers.js';

export type Severity = 'error' | 'warning';

const VIEWERS = ['Perfetto', 'chrome://tracing', 'DevTools', 'speedscope'] as const;
type Viewer = (typeof VIEWERS)[number];

/** What viewers ask of a trace, what each of them does where that is not so, and what to do. */
export interface Rule {
  readonly severity: Severity;
  /** What each viewer does where the rule is broken. Those that are not named draw it right. */
  readonly viewers: Readonly<Partial<Record<Viewer, string>>>;
  readonly fix: string;
}

const everywhere = (what: string) => ({
  Perfetto: what,
  'chrome://tracing': what,
  DevTools: what,
  speedscope: what,
});

/** What is no JSON: only Perfetto's parser is not strict. */
const exceptInPerfetto = (what: string) => ({
  ...everywhere('refuses the file'),
  Perfetto: what,
});

/**
 * Every rule that a trace is checked against. An error loses or falsifies something in a viewer; a
 * warning does so in rare cases, or loses something of little weight.
 */
export const RULES = {
  'container-start': {
    severity: 'error',
    viewers: {
      Perfetto: 'does not recognise the file',
      DevTools: 'refuses the file',
      speedscope: 'refuses the file',
    },
    fix: 'begin with [{" or {"',
  },
  'byte-order-mark': {
    severity: 'error',
    viewers: { Perfetto: 'does not recognise the file' },
    fix: 'write the file without a byte order mark',
  },
  'container-array': {
    severity: 'error',
    viewers: everywhere('finds no events'),
    fix: 'write [event, …] or {"traceEvents": [event, …]}',
  },
  truncated: {
    severity: 'error',
    viewers: {
      Perfetto: 'opens an array without its end since v48, the object form never',
      'chrome://tracing': 'opens an array without its end, the object form never',
      DevTools: 'refuses the file',
      speedscope: 'may refuse the file',
    },
    fix: 'close the list behind the last whole event',
  },
  'trailing-comma': {
    severity: 'error',
    viewers: { DevTools: 'refuses the file', Perfetto: 'refuses it up to v47' },
    fix: 'leave out the comma behind the last event or member',
  },
  'missing-comma': {
    severity: 'error',
    viewers: everywhere('refuses the file, or reads on until there'),
    fix: 'write a comma between two events',
  },
  'trailing-data': {
    severity: 'error',
    viewers: { DevTools: 'refuses the file', speedscope: 'refuses the file' },
    fix: 'end the file with the list of events',
  },
  'member-syntax': {
    severity: 'error',
    viewers: exceptInPerfetto('may stop reading there'),
    fix: 'write what stands beside the events with a JSON serialiser',
  },
  'gzip-members': {
    severity: 'error',
    viewers: { 'chrome://tracing': 'reads the first part only' },
    fix: 'pack the file in one piece',
  },
  'gzip-truncated': {
    severity: 'error',
    viewers: everywhere('refuses the file'),
    fix: 'unpack what there is, close the list and pack it again',
  },
  'event-syntax': {
    severity: 'error',
    viewers: {
      Perfetto: 'stops reading there',
      'chrome://tracing': 'refuses the file',
      DevTools: 'refuses the file',
      speedscope: 'refuses the file',
    },
    fix: 'write events with a JSON serialiser',
  },
  'event-depth': {
    severity: 'error',
    viewers: everywhere('may run out of stack'),
    fix: `write no more than ${MAX_JSON_DEPTH} brackets in one another`,
  },
  'event-object': {
    severity: 'error',
    viewers: { Perfetto: 'stops reading there', DevTools: 'refuses the file' },
    fix: 'leave out what is no object',
  },
  'invalid-utf8': {
    severity: 'error',
    viewers: everywhere('shows other characters, or refuses the file'),
    fix: 'write UTF-8',
  },
  'surrogate-escape': {
    severity: 'error',
    viewers: { Perfetto: 'gives up the whole file' },
    fix: 'write characters beyond U+FFFF as they are, and lone surrogates as U+FFFD',
  },
  'control-character': {
    severity: 'error',
    viewers: exceptInPerfetto('reads it'),
    fix: 'escape control characters in strings',
  },
  'lone-backslash': {
    severity: 'error',
    viewers: exceptInPerfetto('leaves it out; of a \\u without four digits, refuses the file'),
    fix: 'write two backslashes for one',
  },
  'stray-quote': {
    severity: 'error',
    viewers: exceptInPerfetto('stops reading there'),
    fix: 'write a backslash before a quote in a string',
  },
  'foreign-literal': {
    severity: 'error',
    viewers: exceptInPerfetto(
      'reads past it in args, refuses the file elsewhere, never finishes at NaN in a counter',
    ),
    fix: 'write null, true and false, and null or text for what is no finite number',
  },
  'extra-comma': {
    severity: 'error',
    viewers: exceptInPerfetto('reads past it'),
    fix: 'leave out the comma',
  },
  'large-id': {
    severity: 'warning',
    viewers: {
      'chrome://tracing': 'rounds it: ids that are nearly equal become one',
      DevTools: 'rounds it: ids that are nearly equal become one',
    },
    fix: 'write ids beyond 2^53 as text',
  },
  'empty-event': {
    severity: 'warning',
    viewers: { 'chrome://tracing': 'takes it for an event of a phase that it does not know' },
    fix: 'leave it out',
  },
  'display-time-unit': {
    severity: 'error',
    viewers: { 'chrome://tracing': 'refuses the file' },
    fix: 'set displayTimeUnit to ms or ns: times are microseconds in any case',
  },
  name: {
    severity: 'error',
    viewers: {
      Perfetto: 'shows no name',
      'chrome://tracing': 'fails',
      speedscope: 'shows (unnamed)',
    },
    fix: 'give each event a name that is a string',
  },
  cat: {
    severity: 'warning',
    viewers: { 'chrome://tracing': 'leaves the event out of large files' },
    fix: 'give each event a cat that is a string',
  },
  args: {
    severity: 'warning',
    viewers: {
      'chrome://tracing': 'leaves the event out of large files',
      DevTools: 'fails where it looks into them',
    },
    fix: 'give each event args, {} at the least',
  },
  'ignored-field': {
    severity: 'warning',
    viewers: { Perfetto: 'ignores the field' },
    fix: 'put what matters into args',
  },
  phase: {
    severity: 'error',
    viewers: {
      ...everywhere('drops the event'),
      Perfetto: 'takes the first letter of a longer phase, else drops the event',
    },
    fix: 'use one of B E X i b n e s t f C M',
  },
  'ignored-phase': {
    severity: 'warning',
    viewers: { Perfetto: 'ignores the event', DevTools: 'ignores the event' },
    fix: 'use one of B E X i b n e s t f C M: for S T F, b n e',
  },
  'instant-scope': {
    severity: 'warning',
    viewers: { 'chrome://tracing': 'takes the event for one of the thread' },
    fix: 'set s to t, p or g',
  },
  'thread-id': {
    severity: 'error',
    viewers: { Perfetto: 'drops the event, or puts it on another thread' },
    fix: 'use integers from 1 to 4294967295, and thread_name for names',
  },
  'thread-zero': {
    severity: 'warning',
    viewers: { Perfetto: 'takes tid 0 for the pid: puts it on the main thread' },
    fix: 'use integers from 1 to 4294967295',
  },
  time: {
    severity: 'error',
    viewers: {
      Perfetto: 'reads text that is a number, drops others; a null stops it from reading on',
      'chrome://tracing': 'draws it at the wrong place, or not at all',
      DevTools: 'draws it at the wrong place, or not at all',
      speedscope: 'draws it at the wrong place, or fails',
    },
    fix: 'write ts and dur as microseconds, not negative, that fit into 64 bits as nanoseconds',
  },
  'time-precision': {
    severity: 'warning',
    viewers: { Perfetto: 'rounds ts and dur apart: a slice may end after its parent' },
    fix: 'round start and end to whole nanoseconds, and write dur as their difference',
  },
  'metadata-args': {
    severity: 'error',
    viewers: everywhere('shows no such name, label or order'),
    fix: 'give args.name, args.labels or args.sort_index of the right type',
  },
  'reserved-name': {
    severity: 'warning',
    viewers: { DevTools: "takes the file for a browser's trace, and draws other tracks" },
    fix: 'rename the event, unless the trace is a browser’s',
  },
  'name-breaks-viewer': {
    severity: 'warning',
    viewers: {
      DevTools: 'reads args that this name has in Chrome, and may refuse the file without them',
      speedscope: 'may take the file for a sampled profile',
    },
    fix: 'rename the event, unless it is Chrome’s own',
  },
  'equal-timestamps': {
    severity: 'warning',
    viewers: { Perfetto: 'orders them by their length, then by their place in the file' },
    fix: 'give events of one thread times of their own, at the least a nanosecond apart',
  },
  'zero-length-begin-end': {
    severity: 'error',
    viewers: { Perfetto: 'puts the end first: the slice is never closed' },
    fix: 'write a complete event (X), or make it a nanosecond long',
  },
  superseded: {
    severity: 'error',
    viewers: everywhere('draws a span twice: once as it ended, once as if it were open'),
    fix: 'leave out a provisional event when the trace tells of it again',
  },
  'end-without-begin': {
    severity: 'error',
    viewers: {
      ...everywhere('drops the event without a word'),
      'chrome://tracing': 'ends what was begun last, whatever its name',
    },
    fix: 'write the begin, too, on the same thread, with the same name and cat',
  },
  'begin-end-mismatch': {
    severity: 'error',
    viewers: {
      Perfetto: 'ends it with the slice around it, and counts a misplaced end',
      'chrome://tracing': 'takes the end of the slice around it for its own',
      DevTools: 'ends neither',
      speedscope: 'ends neither where they should',
    },
    fix: 'give each begin an end with its name and cat before what is around it ends, or write X',
  },
  'begin-end-interleaved': {
    severity: 'error',
    viewers: { DevTools: 'has one stack for all threads: it ends another slice' },
    fix: 'write complete events (X)',
  },
  'slice-overlap': {
    severity: 'error',
    viewers: {
      Perfetto: 'drops the slice, or puts it on a track of its own; of a begin (B) it cuts the end',
      'chrome://tracing': 'cuts or misplaces it',
      DevTools: 'cuts or misplaces it',
      speedscope: 'moves its end',
    },
    fix: 'put what overlaps on async tracks (b and e), or on threads of its own',
  },
  'slice-depth': {
    severity: 'error',
    viewers: { Perfetto: 'drops what is deeper than 512 slices' },
    fix: 'record fewer levels of the recursion',
  },
  'async-fields': {
    severity: 'error',
    viewers: { 'chrome://tracing': 'drops the event', Perfetto: 'drops it without a cat' },
    fix: 'give b, n and e a name and a cat that are not empty',
  },
  'async-id': {
    severity: 'error',
    viewers: { Perfetto: 'drops the event', 'chrome://tracing': 'drops it', DevTools: 'drops it' },
    fix: 'give b, n and e an id, or an id2, not both: an integer or a string that is not empty',
  },
  'async-id-shared': {
    severity: 'warning',
    viewers: {
      Perfetto: 'ends what was begun last',
      'chrome://tracing': 'ends what was begun last',
    },
    fix: 'put the pid into the id, or use id2.local, if the operations are two',
  },
  'async-instant-outside': {
    severity: 'warning',
    viewers: { DevTools: 'drops the event' },
    fix: 'write it between the b and the e of its id',
  },
  'async-end-without-begin': {
    severity: 'error',
    viewers: everywhere('drops the event, or draws it from the start of the trace'),
    fix: 'write the b, too, with the same cat, id and name',
  },
  'async-overlap': {
    severity: 'error',
    viewers: { Perfetto: 'ends the inner one', 'chrome://tracing': 'nests them wrongly' },
    fix: 'give operations that overlap ids of their own',
  },
  'flow-id': {
    severity: 'error',
    viewers: { Perfetto: 'drops the event', 'chrome://tracing': 'draws no arrow' },
    fix: 'use an integer or a hexadecimal string of 64 bits',
  },
  'flow-binding-point': {
    severity: 'error',
    viewers: { Perfetto: 'ends the arrow at the next slice', 'chrome://tracing': 'does so, too' },
    fix: 'write "bp": "e"',
  },
  'flow-outside-slice': {
    severity: 'error',
    viewers: {
      Perfetto: 'draws no arrow',
      'chrome://tracing': 'draws none, or to the wrong slice',
    },
    fix: 'give it the time and thread of a slice that is open then, and write it behind its begin',
  },
  'flow-started-twice': {
    severity: 'error',
    viewers: { Perfetto: 'keeps the first start: draws all later arrows from there' },
    fix: 'use an id for one flow only, also for flows one after the other',
  },
  'flow-without-start': {
    severity: 'error',
    viewers: { Perfetto: 'draws no arrow', 'chrome://tracing': 'draws no arrow' },
    fix: 'write the s, too, with the same id, cat and name',
  },
  'flow-order': {
    severity: 'error',
    viewers: { Perfetto: 'draws no arrow', 'chrome://tracing': 'draws it backwards' },
    fix: 'write steps and ends later than the start',
  },
  'flow-direction': {
    severity: 'warning',
    viewers: { Perfetto: 'draws no arrow' },
    fix: 'set flow_in, flow_out or both to true beside bind_id',
  },
  'flow-id-reused': {
    severity: 'warning',
    viewers: { DevTools: 'joins flows by their id alone' },
    fix: 'use an id for one flow only',
  },
  'counter-value': {
    severity: 'error',
    viewers: {
      Perfetto: 'drops the value, if it is no number as text',
      'chrome://tracing': 'fails',
    },
    fix: 'write finite numbers, one at the least',
  },
  'counter-keys': {
    severity: 'warning',
    viewers: { 'chrome://tracing': 'draws only the series of the first event' },
    fix: 'give every event of a counter the same keys',
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleName = keyof typeof RULES;
