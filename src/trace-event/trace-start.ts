/** Name of the metadata event by which a trace of tracelane tells when its time 0 was. */
export const TRACE_START = 'trace_start';

/** Its arguments. */
export interface TraceStart {
  readonly recorder: 'tracelane';
  /** 'epoch': times in the file count from 1970, and not from time 0. */
  readonly clock: 'relative' | 'epoch';
  /** Time 0 in microseconds since 1970. */
  readonly wallMicroseconds: number;
  /** Time 0 on CLOCK_MONOTONIC, where that is known, in decimal digits: JSON's numbers lose nanoseconds. */
  readonly monotonicNanoseconds?: string;
  /** The same on CLOCK_BOOTTIME, which goes on while the machine sleeps. */
  readonly bootNanoseconds?: string;
  readonly node: string;
  readonly platform: string;
}

/** Time 0 as it can be read of the arguments of any event of that name. */
export interface ReadTraceStart {
  readonly clock: unknown;
  readonly wallMicroseconds: number | undefined;
  readonly monotonicNanoseconds: bigint | undefined;
  readonly bootNanoseconds: bigint | undefined;
}

export function readTraceStart(args: Readonly<Record<string, unknown>>): ReadTraceStart {
  const { clock, wallMicroseconds: wall } = args;
  return {
    clock,
    wallMicroseconds: typeof wall === 'number' ? wall : undefined,
    monotonicNanoseconds: decimal(args['monotonicNanoseconds']),
    bootNanoseconds: decimal(args['bootNanoseconds']),
  };
}

function decimal(digits: unknown): bigint | undefined {
  return typeof digits === 'string' && /^-?\d+$/.test(digits) ? BigInt(digits) : undefined;
}
