import type { Propagate, RuntimeOptions } from './settings.js';

/** What the command line and `tracelane/register` can be told. */
export interface RunOptions extends RuntimeOptions {
  /** Default: 'trace.json'. */
  output?: string | undefined;
  categories?: string | undefined;
}

/** The environment variable of each option. */
const VARIABLES = {
  output: 'TRACELANE_OUTPUT',
  categories: 'TRACELANE_CATEGORIES',
  sources: 'TRACELANE_SOURCES',
  capture: 'TRACELANE_CAPTURE',
  propagate: 'TRACELANE_PROPAGATE',
  channels: 'TRACELANE_CHANNELS',
  tickThreshold: 'TRACELANE_TICK_THRESHOLD',
  sampleInterval: 'TRACELANE_SAMPLE_INTERVAL',
} as const satisfies Record<keyof RunOptions, string>;

type Environment = Readonly<Record<string, string | undefined>>;

/** The options that stand in an environment. */
export function readVariables(environment: Environment): RunOptions {
  const read = (name: keyof RunOptions) => environment[VARIABLES[name]] || undefined;
  const readNumber = (name: keyof RunOptions) => {
    const text = read(name);
    return text === undefined ? undefined : Number(text);
  };
  return {
    output: read('output'),
    categories: read('categories'),
    sources: read('sources'),
    capture: read('capture'),
    // Whatever it is, it is checked with the other options.
    propagate: read('propagate') as Propagate | undefined,
    channels: read('channels'),
    tickThreshold: readNumber('tickThreshold'),
    sampleInterval: readNumber('sampleInterval'),
  };
}

/** The variables that say the same to another process. */
export function toVariables(options: RunOptions): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [option, variable] of Object.entries(VARIABLES)) {
    const value = options[option as keyof RunOptions];
    if (value !== undefined) variables[variable] = String(value);
  }
  return variables;
}
