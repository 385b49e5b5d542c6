import { median, type Series } from './run-jobs.js';
import { DISABLED, SUBJECTS } from './subjects/index.js';

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
  const find = (name: string, subject: string, measure: string): readonly number[] =>
    series.find((one) => one.case === name && one.subject === subject && one.measure === measure)
      ?.values ?? [];
  const value = (name: string, subject: string, measure: string): number =>
    median(find(name, subject, measure));
  /** Round by round: what slows one round down is in both. */
  const ratio = (above: readonly number[], below: readonly number[]): number =>
    median(above.map((one, round) => one / (below[round] ?? Number.NaN)));
  const call = (measure: string) => find('calls', 'tracelane', measure);
  const disk = (subject: string, measure: string) => find('disk', subject, measure);
  const appThread = (subject: string) =>
    ratio(disk(subject, 'CPU ns, app thread'), disk('tracelane', 'CPU ns, app thread'));
  const scale = (events: number, measure: string) =>
    find('scale', `${events.toLocaleString('en')} events`, measure);
  const delay = (subject: string) => value('pauses', subject, 'loop delay p99.9 ms');
  const started = (measure: string) =>
    value('start', 'on', measure) - value('start', 'off', measure);
  const peers = SUBJECTS.filter((subject) => subject !== 'tracelane');
  const calmestPeer = Math.min(...peers.map(delay));
  const ratioToClock = (measure: string) => ratio(call(measure), call('two clock reads'));

  const bars: readonly (readonly [what: string, measured: number, limit: Limit])[] = [
    ['span() + end() ÷ two clock reads', ratioToClock('span'), ['≤', 1.6]],
    ['with two flat args ÷ two clock reads', ratioToClock('span, 2 flat args'), ['≤', 2.2]],
    [
      'disabled, over an empty loop',
      value('calls', DISABLED, 'span') - value('calls', DISABLED, 'empty loop'),
      ['≤', 3, 'ns'],
    ],
    ['asyncBegin + asyncEnd ÷ two clock reads', ratioToClock('asyncBegin + asyncEnd'), ['≤', 2]],
    ['traceFunction ÷ two clock reads', ratioToClock('traceFunction wrapper'), ['≤', 1.9]],
    ['chrome-trace-event ÷ tracelane, app thread', appThread('chrome-trace-event'), ['≥', 15]],
    [
      'chrome-trace-event ÷ tracelane, to disk, CPU of all threads',
      ratio(
        disk('chrome-trace-event', 'CPU ns, all threads'),
        disk('tracelane', 'CPU ns, all threads'),
      ),
      ['≥', 10],
    ],
    ['OpenTelemetry ÷ tracelane, app thread', appThread('opentelemetry'), ['≥', 20]],
    [
      'JSON.stringify + writeSync ÷ tracelane, to disk, wall',
      ratio(disk('stringify', 'wall ns'), disk('tracelane', 'wall ns')),
      ['≥', 2.5],
    ],
    [
      'peak memory at 5·10^7 events, over an idle process',
      median(scale(5e7, 'peak MiB')) - median(scale(0, 'peak MiB')),
      ['≤', 16 + 64, 'MiB'],
    ],
    [
      'ns per event at 5·10^7 ÷ at 10^6',
      ratio(scale(5e7, 'ns an event'), scale(1e6, 'ns an event')),
      ['≤', 1.1],
    ],
    ['added event-loop delay p99.9', delay('tracelane') - delay('off'), ['≤', 1, 'ms']],
    ['event-loop delay p99.9 ÷ calmest peer', delay('tracelane') / calmestPeer, ['≤', 1]],
    [
      'HTTP throughput with a span per request ÷ without',
      value('server', 'tracelane', 'traced ÷ untraced'),
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
