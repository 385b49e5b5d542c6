import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setGlobalTracer, Tracer, type TracerOptions, type TraceStats } from 'tracelane';

/** The arguments that the program has given, without those that say what an event belongs to. */
export function ownArguments(args: RecordedEvent['args']): RecordedEvent['args'] {
  const entries = Object.entries(args).filter(([key]) => !/^(?:op|trace)\./.test(key));
  return Object.fromEntries(entries);
}

/** An event as it stands in the file. */
export interface RecordedEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: string;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly id?: string | number;
  readonly s?: string;
  readonly bp?: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface RecordedTrace {
  /** All events of the file in its order, metadata included. */
  readonly events: readonly RecordedEvent[];
  /** The file; empty where none was made. */
  readonly text: string;
  /** As `stop()` gave them. */
  readonly stats: TraceStats;
}

/**
 * Runs `body` with a started tracer, which is the global one meanwhile, and reads back what was
 * written when it is done. The file is gone afterwards, also where `body` throws.
 */
export async function recordTrace(
  options: TracerOptions,
  body: (tracer: Tracer) => unknown,
): Promise<RecordedTrace> {
  const folder = await mkdtemp(join(tmpdir(), 'tracelane-'));
  const tracer = new Tracer(join(folder, 'trace.json'), options);
  try {
    setGlobalTracer(tracer.start());
    await body(tracer);
    const stats = await tracer.stop();
    const text = options.enabled === false ? '' : await readFile(tracer.outputFile, 'utf8');
    return { events: text === '' ? [] : JSON.parse(text), text, stats };
  } finally {
    setGlobalTracer(undefined);
    await tracer.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
