import { badOption } from '../recorder/errors.js';
import { textOf } from './text-of.js';

/** Options of `traceRuntime()`. */
export interface RuntimeOptions {
  /**
   * The sources that are recorded: names, as a list or with commas between them; `-name` leaves one
   * out, `all` and `default` stand for several. A list that begins with `-name` begins with the
   * default ones. Default: 'default'.
   */
  sources?: string | readonly string[] | undefined;
  /**
   * What is recorded although there may be secrets in it: `url-query`, `headers` (of HTTP requests and
   * responses), `arguments` (of processes that are started), `db-parameters` (of queries, with the
   * literals in their text). Default: nothing.
   */
  capture?: string | readonly string[] | undefined;
  /** Channels of `node:diagnostics_channel` that are recorded, by name. Default: none. */
  channels?: string | readonly string[] | undefined;
  /**
   * Which of the requests that the program makes carry the header `traceparent` of W3C trace context, by
   * which a server that is recorded, too, knows what they belong to: those to loopback addresses
   * (`'loopback'`); while a request is answered, also those to the host and port in its header `Host`
   * (`'same-origin'`); `'all'`; `'none'`. One that has the header already keeps it. Default: 'loopback'.
   */
  propagate?: Propagate | undefined;
  /** Milliseconds from which on a tick of the event loop is shown. Default: 50. */
  tickThreshold?: number | undefined;
  /**
   * Microseconds between two samples of the CPU profiler, from 100 to 1,000,000. The shorter, the more a
   * busy thread is held up. Default: 1000.
   */
  sampleInterval?: number | undefined;
}

/** What may hold secrets, and is recorded only where it is asked for by name. */
export const CAPTURES = ['url-query', 'headers', 'arguments', 'db-parameters'] as const;
export type Capture = (typeof CAPTURES)[number];

/** The requests that tell their servers what they belong to. */
export const PROPAGATES = ['loopback', 'same-origin', 'all', 'none'] as const;
export type Propagate = (typeof PROPAGATES)[number];

/** The options of sources, checked. */
export interface RuntimeSettings {
  readonly capture: ReadonlySet<Capture>;
  readonly propagate: Propagate;
  readonly channels: readonly string[];
  readonly tickThreshold: number;
  readonly sampleInterval: number;
}

const DEFAULT_TICK_THRESHOLD_MS = 50;
const MAX_TICK_THRESHOLD_MS = 60_000;
const DEFAULT_SAMPLE_INTERVAL_US = 1000;
const MIN_SAMPLE_INTERVAL_US = 100;
const MAX_SAMPLE_INTERVAL_US = 1_000_000;

/**
 * @throws {TraceError} TRACELANE_BAD_OPTION, which names the option. The sources are looked at by
 * `chooseSources`.
 */
export function resolveSettings(options: RuntimeOptions = {}): RuntimeSettings {
  if (typeof options !== 'object' || options === null) {
    throw badOption(`The options must be an object, not ${textOf(options)}.`);
  }
  const { tickThreshold = DEFAULT_TICK_THRESHOLD_MS } = options;
  const isNumber = typeof tickThreshold === 'number';
  if (!(isNumber && tickThreshold >= 1 && tickThreshold <= MAX_TICK_THRESHOLD_MS)) {
    const expected = `a number of milliseconds from 1 to ${MAX_TICK_THRESHOLD_MS}`;
    throw badOption(
      `The option 'tickThreshold' must be ${expected}, not ${textOf(tickThreshold)}.`,
    );
  }
  const { sampleInterval = DEFAULT_SAMPLE_INTERVAL_US } = options;
  const isWhole = Number.isInteger(sampleInterval);
  if (
    !(
      isWhole &&
      sampleInterval >= MIN_SAMPLE_INTERVAL_US &&
      sampleInterval <= MAX_SAMPLE_INTERVAL_US
    )
  ) {
    const expected = `a whole number of microseconds from ${MIN_SAMPLE_INTERVAL_US} to ${MAX_SAMPLE_INTERVAL_US}`;
    throw badOption(
      `The option 'sampleInterval' must be ${expected}, not ${textOf(sampleInterval)}.`,
    );
  }
  return {
    capture: new Set(listOf('capture', options.capture).map(checkCapture)),
    propagate: checkPropagate(options.propagate),
    channels: listOf('channels', options.channels),
    tickThreshold,
    sampleInterval,
  };
}

function checkCapture(name: string): Capture {
  const known = CAPTURES.find((capture) => capture === name);
  if (known !== undefined) return known;
  throw badOption(`There is nothing called '${name}' to capture. There is ${CAPTURES.join(', ')}.`);
}

function checkPropagate(given: Propagate = 'loopback'): Propagate {
  if (PROPAGATES.includes(given)) return given;
  const expected = PROPAGATES.map((known) => `'${known}'`).join(', ');
  throw badOption(`The option 'propagate' must be one of ${expected}, not '${textOf(given)}'.`);
}

/** A list of names, which may be a text with commas. */
export function listOf(option: string, given: unknown): string[] {
  if (given === undefined) return [];
  const list = typeof given === 'string' ? given.split(',') : given;
  if (!Array.isArray(list) || !list.every((word) => typeof word === 'string')) {
    throw badOption(`The option '${option}' must be a list of names.`);
  }
  return list.map((word) => word.trim()).filter((word) => word !== '');
}
