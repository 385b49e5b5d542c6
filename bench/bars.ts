import type { Series } from './run-jobs.js';
import { median, type Spread, showSpread, spread } from './statistics.js';
import { DISABLED, PEERS } from './subjects/index.js';

/** A bar that the library has set itself, as a ratio or difference of what one run measured. */
export interface Bar {
  readonly what: string;
  readonly bar: string;
  /** The median, which is what has to hold, and the spread around it. */
  readonly measured: string;
  readonly holds: boolean;
}

type Limit = readonly ['≤' | '≥', number, unit?: string];

/** The bars whose cases were run. */
export function checkBars(series: readonly Series[]): Bar[] {
  const find = (name: string, subject: string, measure: string): Series | undefined =>
    series.find((one) => one.case === name && one.subject === subject && one.measure === measure);
  const values = (name: string, subject: string, measure: string): readonly number[] =>
    find(name, subject, measure)?.values ?? [];
  const call = (measure: string) => values('calls', 'tracelane', measure);
  const toLeastWork = (measure: string) =>
    find('calls', 'tracelane', measure)?.samples?.ratios ?? NOT_RUN;
  const toClock = (measure: string) => ratio(call(measure), call('two clock reads'));
  const disk = (subject: string, measure: string) => values('disk', subject, measure);
  const appThread = (subject: string) =>
    ratio(disk(subject, 'CPU ns, app thread'), disk('tracelane', 'CPU ns, app thread'));
  const scale = (events: number, measure: string) =>
    values('scale', `${events.toLocaleString('en')} events`, measure);
  const delay = (subject: string) => values('pauses', subject, 'loop delay p99.9 ms');
  const started = (measure: string) =>
    difference(values('start', 'on', measure), values('start', 'off', measure));
  const calmestPeer = PEERS.map(delay).toSorted((a, b) => median(a) - median(b))[0] ?? [];

  const read = (file: string, measure: string) => values('read', file, measure);

  const bars: readonly (readonly [what: string, measured: Spread, limit: Limit])[] = [
    ['span() + end() ÷ the least work', toLeastWork('span'), ['≤', 1.25]],
    ['with two flat args ÷ the least work', toLeastWork('span, 2 flat args'), ['≤', 1.5]],
    ['span() + end() ÷ two clock reads, best pass', toClock('span'), ['≤', 1.5]],
    ['with two flat args ÷ two clock reads, best pass', toClock('span, 2 flat args'), ['≤', 2]],
    [
      'disabled, over an empty loop, best pass',
      difference(values('calls', DISABLED, 'span'), values('calls', DISABLED, 'empty loop')),
      ['≤', 1, 'ns'],
    ],
    [
      'asyncBegin + asyncEnd ÷ two clock reads, best pass',
      toClock('asyncBegin + asyncEnd'),
      ['≤', 2],
    ],
    ['traceFunction ÷ two clock reads, best pass', toClock('traceFunction wrapper'), ['≤', 1.9]],
    ['chrome-trace-event ÷ tracelane, app thread', appThread('chrome-trace-event'), ['≥', 10]],
    [
      'chrome-trace-event ÷ tracelane, to disk, CPU of all threads',
      ratio(
        disk('chrome-trace-event', 'CPU ns, all threads'),
        disk('tracelane', 'CPU ns, all threads'),
      ),
      ['≥', 10],
    ],
    ['OpenTelemetry ÷ tracelane, app thread', appThread('opentelemetry'), ['≥', 10]],
    [
      'JSON.stringify + writeSync ÷ tracelane, to disk, CPU of all threads',
      ratio(disk('stringify', 'CPU ns, all threads'), disk('tracelane', 'CPU ns, all threads')),
      ['≥', 2],
    ],
    [
      'peak memory at 5·10^7 events, over an idle process',
      difference(scale(5e7, 'peak MiB'), scale(0, 'peak MiB')),
      ['≤', 16 + 64, 'MiB'],
    ],
    [
      'ns per event at 5·10^7 ÷ at 10^6',
      ratio(scale(5e7, 'ns an event'), scale(1e6, 'ns an event')),
      ['≤', 1.1],
    ],
    ...packBars((measure) => values('pack', 'tracelane', measure)),
    ['added event-loop delay p99.9', difference(delay('tracelane'), delay('off')), ['≤', 1, 'ms']],
    ['event-loop delay p99.9 ÷ calmest peer', ratio(delay('tracelane'), calmestPeer), ['≤', 1]],
    [
      'HTTP throughput with a span per request ÷ without',
      spread(values('server', 'tracelane', 'traced ÷ untraced'), 0),
      ['≥', 0.97],
    ],
    ...['without arguments', 'with arguments'].flatMap((file) => readingBars(file, read)),
    [
      'summary, CPU of .json ÷ of .pftrace',
      spread(values('read-formats', 'both formats', 'summary: CPU of JSON ÷ pftrace'), 0),
      ['≥', 2],
    ],
    ...viewBars((size, measure) => values('view', size, measure)),
    ...runBars((subject, measure) => values('run', subject, measure)),
    ['import + start() + stop(), wall', started('process ms'), ['≤', 60, 'ms']],
    ['of it on the main thread', started('main thread ms'), ['≤', 15, 'ms']],
  ];
  return bars
    .filter(([, measured]) => !Number.isNaN(measured.median))
    .map(([what, measured, [sign, limit, unit = '']]) => ({
      what,
      bar: `${sign} ${limit} ${unit}`.trim(),
      measured: `${showSpread(measured, (value) => value.toFixed(2))} ${unit}`.trim(),
      holds: sign === '≤' ? measured.median <= limit : measured.median >= limit,
    }));
}

type Measured = readonly [what: string, measured: Spread, limit: Limit];

/** The bars of reading a long trace. */
function readingBars(
  file: string,
  read: (file: string, measure: string) => readonly number[],
): Measured[] {
  const cpu = (way: string) => read(file, `${way}: MB/s of CPU`);
  const wall = (way: string) => read(file, `${way}: MB/s`);
  const parse = cpu('JSON.parse');
  return [
    ...['summary', 'check'].flatMap((way): Measured[] => [
      [`${way} of 1 GB ${file}, a core`, spread(cpu(`${way} on one core`), 0), ['≥', 150, 'MB/s']],
      [`${way} ${file} ÷ JSON.parse`, ratio(cpu(`${way} on one core`), parse), ['≥', 3]],
      [
        `${way} ${file}, speed on two cores ÷ on one core`,
        ratio(wall(way), wall(`${way} on one core`)),
        ['≥', 1.5],
      ],
      [`${way} ${file}, memory`, spread(read(file, `${way}: peak MiB`), 0), ['≤', 200, 'MiB']],
    ]),
    [`convert ${file} to Perfetto's format, a core`, spread(cpu('convert'), 0), ['≥', 120, 'MB/s']],
    [`convert ${file}, memory`, spread(read(file, 'convert: peak MiB'), 0), ['≤', 200, 'MiB']],
    [`readTrace() ${file} ÷ JSON.parse`, ratio(cpu('readTrace'), parse), ['≥', 1]],
    [
      `check of gz ${file}, time ÷ inflating it`,
      ratio(read(file, 'inflate of gz: MB/s'), read(file, 'check of gz: MB/s')),
      ['≤', 1.3],
    ],
  ];
}

/** The bars of traces that are packed as they are written. */
function packBars(pack: (measure: string) => readonly number[]): Measured[] {
  const toPlain = (kind: string) =>
    ratio(pack(`${kind}.gz: CPU ns, app thread`), pack(`${kind}: CPU ns, app thread`));
  return [
    ...['json', 'pftrace'].flatMap((kind): Measured[] => [
      [
        `.${kind}.gz, spans a second at full speed`,
        spread(pack(`${kind}.gz: M spans/s`), 0),
        ['≥', 1, 'M/s'],
      ],
      [`.${kind}.gz, app thread ÷ .${kind}`, toPlain(kind), ['≤', 1.1]],
      [
        `.${kind}.gz, dropped or lost at that speed`,
        spread(pack(`${kind}.gz: dropped or lost`), 0),
        ['≤', 0],
      ],
    ]),
    [
      'bytes a span, .pftrace ÷ .json',
      ratio(pack('pftrace: bytes'), pack('json: bytes')),
      ['≤', 0.3],
    ],
    [
      "writer's CPU a span, .pftrace ÷ .json",
      ratio(pack('pftrace: CPU ns, writer'), pack('json: CPU ns, writer')),
      ['≤', 0.9],
    ],
    [
      'bytes a span, .pftrace.gz ÷ .json.gz',
      ratio(pack('pftrace.gz: bytes'), pack('json.gz: bytes')),
      ['≤', 0.6],
    ],
  ];
}

/** The bars of looking at a trace. */
function viewBars(view: (size: string, measure: string) => readonly number[]): Measured[] {
  const large = (measure: string) => spread(view('1 GB', measure), 0);
  return [
    ['first picture of 110 MB', spread(view('110 MB', 'first picture, s'), 0), ['≤', 2.5, 's']],
    ['first picture of 1 GB', large('first picture, s'), ['≤', 15, 's']],
    ['memory for it', large('peak MiB'), ['≤', 1200, 'MiB']],
    ['a picture of all of it', large('picture of all, ms'), ['≤', 100, 'ms']],
    ['the size of that, packed', large('KB of a whole picture, packed'), ['≤', 200, 'KB']],
    ['a picture of 5 % of it', large('picture of 5 %, ms'), ['≤', 20, 'ms']],
    ['statistics of all of it', large('statistics of all, ms'), ['≤', 300, 'ms']],
    ['finding a name in it', large('find a name, ms'), ['≤', 60, 'ms']],
  ];
}

/** The bars of tracing what nobody touched. */
function runBars(run: (subject: string, measure: string) => readonly number[]): Measured[] {
  const cpu = (tool: string) => run('hello', `${tool}: CPU µs a request`);
  const added = (tool: string) => run('empty program', `${tool}: added ms`);
  const toOff = (server: string, tool: string) => spread(run(server, `${tool}: CPU ÷ off`), 0);
  const resident = (tool: string) => run('hello', `${tool}: resident MiB`);
  return [
    ['hello world, CPU of a request ÷ off', toOff('hello', 'without samples'), ['≤', 1.12]],
    ['the same with samples', toOff('hello', 'with samples'), ['≤', 1.2]],
    ['express, ten middlewares, ÷ off', toOff('express', 'without samples'), ['≤', 1.15]],
    ...['OpenTelemetry', 'dd-trace'].map(
      (peer): Measured => [
        `hello world, CPU of a request, ${peer} ÷ tracelane run`,
        ratio(cpu(peer), cpu('without samples')),
        ['≥', 2],
      ],
    ),
    ['added to an empty program', spread(added('with samples'), 0), ['≤', 60, 'ms']],
    [
      'added to an empty program, tracelane run ÷ OpenTelemetry',
      ratio(added('with samples'), added('OpenTelemetry')),
      ['≤', 0.1],
    ],
    [
      'resident memory added',
      difference(resident('with samples'), resident('off')),
      ['≤', 40, 'MiB'],
    ],
  ];
}

const NOT_RUN = spread([], 0);

/** Round by round, as is the difference: what slows one round down is in both. */
function ratio(above: readonly number[], below: readonly number[]): Spread {
  return ofRounds(above, below, (one, other) => one / other);
}

function difference(above: readonly number[], below: readonly number[]): Spread {
  return ofRounds(above, below, (one, other) => one - other);
}

function ofRounds(
  above: readonly number[],
  below: readonly number[],
  compare: (one: number, other: number) => number,
): Spread {
  return spread(
    above.map((one, round) => compare(one, below[round] ?? Number.NaN)),
    0,
  );
}
