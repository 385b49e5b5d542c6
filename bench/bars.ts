import { median, type Series } from './run-jobs.js';
import { SUBJECTS } from './subjects/index.js';

/** A bar that the library has set itself, as a ratio or difference of what one run measured. */
export interface Bar {
  readonly what: string;
  readonly bar: string;
  readonly measured: string;
  readonly holds: boolean;
}

type Limit = readonly ['≤' | '≥', number, unit?: string];

/** The bars whose cases were run. */
export function checkBars(series: readonly Series[]): Bar[] {
  const value = (name: string, subject: string, measure: string): number => {
    const found = series.find(
      (one) => one.case === name && one.subject === subject && one.measure === measure,
    );
    return found === undefined ? Number.NaN : median(found.values);
  };
  const call = (measure: string, subject = 'tracelane') => value('calls', subject, measure);
  const clock = call('two clock reads');
  const loop = call('empty loop');
  const disk = (subject: string, measure: string) => value('disk', subject, measure);
  const appThread = (subject: string) => disk(subject, 'CPU ns, app thread');
  const allThreads = (subject: string) => disk(subject, 'CPU ns, all threads');
  const scale = (events: number, measure: string) =>
    value('scale', `${events.toLocaleString('en')} events`, measure);
  const delay = (subject: string) => value('pauses', subject, 'loop delay p99.9 ms');
  const requests = (subject: string) => value('server', subject, 'requests/s');
  const started = (measure: string) =>
    value('start', 'on', measure) - value('start', 'off', measure);
  const peers = SUBJECTS.filter((subject) => subject !== 'tracelane');
  const calmestPeer = Math.min(...peers.map(delay));
  const ratioToClock = (measure: string) => call(measure) / clock;

  const bars: readonly (readonly [what: string, measured: number, limit: Limit])[] = [
    ['span() + end() ÷ two clock reads', ratioToClock('span'), ['≤', 1.6]],
    ['with two flat args ÷ two clock reads', ratioToClock('span, 2 flat args'), ['≤', 2.2]],
    ['disabled, over an empty loop', call('disabled') - loop, ['≤', 3, 'ns']],
    ['asyncBegin + asyncEnd ÷ two clock reads', ratioToClock('asyncBegin + asyncEnd'), ['≤', 2]],
    ['traceFunction ÷ two clock reads', ratioToClock('traceFunction wrapper'), ['≤', 1.9]],
    [
      'chrome-trace-event ÷ tracelane, app thread',
      appThread('chrome-trace-event') / appThread('tracelane'),
      ['≥', 15],
    ],
    [
      'chrome-trace-event ÷ tracelane, to disk, CPU of all threads',
      allThreads('chrome-trace-event') / allThreads('tracelane'),
      ['≥', 10],
    ],
    [
      'OpenTelemetry ÷ tracelane, app thread',
      appThread('opentelemetry') / appThread('tracelane'),
      ['≥', 20],
    ],
    [
      'JSON.stringify + writeSync ÷ tracelane, to disk, wall',
      disk('stringify', 'wall ns') / disk('tracelane', 'wall ns'),
      ['≥', 2.5],
    ],
    [
      'peak memory at 5·10^7 events, over an idle process',
      scale(5e7, 'peak MiB') - scale(0, 'peak MiB'),
      ['≤', 16 + 64, 'MiB'],
    ],
    [
      'ns per event at 5·10^7 ÷ at 10^6',
      scale(5e7, 'ns an event') / scale(1e6, 'ns an event'),
      ['≤', 1.1],
    ],
    ['added event-loop delay p99.9', delay('tracelane') - delay('off'), ['≤', 1, 'ms']],
    ['event-loop delay p99.9 ÷ calmest peer', delay('tracelane') / calmestPeer, ['≤', 1]],
    [
      'HTTP throughput with a span per request ÷ without',
      requests('tracelane') / requests('off'),
      ['≥', 0.97],
    ],
    ['import + start() + stop(), wall', started('process ms'), ['≤', 60, 'ms']],
    ['of it on the main thread', started('main thread ms'), ['≤', 15, 'ms']],
  ];
  return bars
    .filter(([, measured]) => !Number.isNaN(measured))
    .map(([what, measured, [sign, limit, unit]]) => ({
      what,
      bar: `${sign} ${limit}${unit === undefined ? '' : ` ${unit}`}`,
      measured: `${measured.toFixed(2)}${unit === undefined ? '' : ` ${unit}`}`,
      holds: sign === '≤' ? measured <= limit : measured >= limit,
    }));
}
