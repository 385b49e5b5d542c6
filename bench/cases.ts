import zlib from 'node:zlib';
import { DISABLED, SUBJECTS } from './subjects/index.js';

/** A process to start: what it measures comes back as JSON. */
export interface Job {
  readonly case: string;
  readonly subject: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Also measured: how long the process takes. */
  readonly timed?: true;
}

export interface Case {
  readonly name: string;
  readonly what: string;
  /** Whether it is run only where it is asked for. */
  readonly onlyNamed?: true;
  readonly jobs: (quick: boolean) => readonly Omit<Job, 'case'>[];
}

const ofEach = (
  subjects: readonly string[],
  program: string,
  args: (subject: string) => readonly string[],
) => subjects.map((subject) => ({ subject, program, args: args(subject) }));

/** What the names of files end in; with zstd, where Node has it. */
const PACKED = [
  ...['json', 'json.gz', 'pftrace', 'pftrace.gz'],
  ...('createZstdCompress' in zlib ? ['json.zst', 'pftrace.zst'] : []),
];

/** Subjects that an HTTP server is measured with. */
const AROUND_SERVER = ['off', ...SUBJECTS];

export const CASES: readonly Case[] = [
  {
    name: 'calls',
    what: 'Nanoseconds of one call on the thread that makes it, and its ratio to the least work for a span',
    jobs: (quick) =>
      ofEach([...SUBJECTS, DISABLED], 'calls', (subject) => [subject, quick ? 'quick' : 'full']),
  },
  {
    name: 'disk',
    what: 'One span until it is in the file',
    jobs: (quick) => ofEach(SUBJECTS, 'disk', (subject) => [subject, quick ? '25000' : '1000000']),
  },
  {
    name: 'disk-args',
    what: 'One span with two flat arguments until it is in the file',
    jobs: (quick) =>
      ofEach(SUBJECTS, 'disk', (subject) => [subject, quick ? '25000' : '500000', 'args']),
  },
  {
    name: 'threads',
    what: 'Producers at full speed, until all is in the file',
    jobs: (quick) =>
      ['1', '2', '4', '8'].map((producers) => ({
        subject: `${producers} producers`,
        program: 'threads',
        args: [producers, quick ? '20000' : '4000000'],
      })),
  },
  {
    name: 'pack',
    what: 'Spans at full speed into files of all formats, packed and not',
    jobs: (quick) => [
      {
        subject: 'tracelane',
        program: 'pack',
        args: [...(quick ? ['20000', '1'] : ['2000000', '5']), ...PACKED],
      },
    ],
  },
  {
    name: 'scale',
    what: 'A trace that gets long',
    jobs: (quick) =>
      (quick ? [0, 1e5] : [0, 1e5, 1e6, 1e7, 5e7]).map((events) => ({
        subject: `${events.toLocaleString('en')} events`,
        program: 'scale',
        args: [String(events)],
      })),
  },
  {
    name: 'pauses',
    what: '20,000 spans a second beside an HTTP server on loopback',
    jobs: (quick) =>
      AROUND_SERVER.map((subject) => ({
        subject,
        program: 'server',
        args: [subject, 'paced', quick ? '1' : '12'],
      })),
  },
  {
    name: 'server',
    what: 'An HTTP server at full speed, in turns with a span of two arguments a request and without',
    jobs: (quick) =>
      AROUND_SERVER.map((subject) => ({
        subject,
        program: 'server',
        args: [subject, 'request', quick ? '1' : '12'],
      })),
  },
  {
    name: 'parser',
    what: 'A parser over large real sources, a span for each statement and expression',
    jobs: (quick) =>
      ['off', 'disabled', 'on'].map((tracing) => ({
        subject: tracing,
        program: 'program',
        args: [tracing, quick ? 'quick' : 'full'],
      })),
  },
  {
    name: 'compress',
    what: "The example: compresses files on two threads and traces every file's way",
    jobs: (quick) =>
      ['disabled', 'on'].map((tracing) => ({
        subject: tracing,
        program: 'compress',
        args: [tracing, quick ? 'quick' : 'full'],
      })),
  },
  {
    name: 'reading',
    what: 'A trace read event by event, by tracelane/reader and the streaming parsers that there are',
    jobs: (quick) =>
      ['tracelane', '@streamparser/json', 'stream-json', 'JSON.parse'].map((subject) => ({
        subject,
        program: 'reading',
        args: [subject, quick ? '20000' : '1000000'],
      })),
  },
  {
    name: 'read',
    what: 'A trace of 1 GB read in every way: each in a process of its own, its start among it',
    jobs: (quick) =>
      ['without', 'with'].map((args) => ({
        subject: `${args} arguments`,
        program: 'read',
        args: [args, quick ? '20000000' : '1000000000'],
      })),
  },
  {
    name: 'read-formats',
    what: "One program's trace in both formats: what reading it takes",
    jobs: (quick) => [
      { subject: 'both formats', program: 'read', args: ['formats', quick ? '100000' : '3000000'] },
    ],
  },
  {
    name: 'read-long',
    what: 'A trace of 4 GB: what memory it takes',
    onlyNamed: true,
    jobs: (quick) => [
      { subject: '4 GB', program: 'read', args: ['long', quick ? '20000000' : '4000000000'] },
    ],
  },
  {
    name: 'view',
    what: 'What a person waits for who looks at a trace, as the page asks for it',
    onlyNamed: true,
    jobs: (quick) =>
      ['110 MB', '1 GB'].map((size, i) => ({
        subject: size,
        program: 'view',
        args: [String(([110e6, 1000e6][i] as number) / (quick ? 20 : 1))],
      })),
  },
  {
    name: 'run',
    what: 'Servers that nobody touched, traced by `tracelane run` and by what people use instead, side by side',
    jobs: (quick) => [
      ...['hello', 'express'].map((server) => ({
        subject: server,
        program: 'run',
        args: [server, quick ? '1' : '15'],
      })),
      { subject: 'empty program', program: 'run', args: ['start', quick ? '1' : '5'] },
    ],
  },
  {
    name: 'start',
    what: 'import, start() and stop() in a program that does nothing else',
    // Over in a moment, and different each time: many times a round.
    jobs: (quick) =>
      Array.from({ length: quick ? 2 : 20 }, (_, i) => (i % 2 === 0 ? 'off' : 'on')).map(
        (tracing) => ({
          subject: tracing,
          program: 'start',
          args: [tracing],
          timed: true as const,
        }),
      ),
  },
];
