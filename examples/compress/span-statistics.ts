import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface SpanStatistics {
  readonly name: string;
  readonly count: number;
  /** Milliseconds, as all below. */
  readonly total: number;
  readonly mean: number;
  /** 95 of 100 were faster. */
  readonly p95: number;
}

/** The part of a trace event that is of interest here. Times are in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  readonly id?: string;
}

/**
 * How long the spans of a trace took, by name, those that took most first.
 *
 * A trace is a JSON array with one event a line, so that it can be read line by line, however
 * large it is.
 */
export async function spanStatistics(traceFile: string): Promise<SpanStatistics[]> {
  const durations = new Map<string, number[]>();
  const add = (name: string, microseconds: number): void => {
    const known = durations.get(name);
    if (known === undefined) durations.set(name, [microseconds]);
    else known.push(microseconds);
  };

  const begins = new Map<string, number>();
  for await (const line of createInterface({ input: createReadStream(traceFile) })) {
    // Blanks are left where the file showed a span while it was open.
    const json = line.replace(/^\[|[,\]]$/g, '').trim();
    if (json === '') continue;
    const { name, cat, ph, ts, dur = 0, id }: TraceEvent = JSON.parse(json);
    const pair = `${cat} ${id} ${name}`;
    // X: a span on the track of its thread. b and e: begin and end of one that lies across others,
    // or that ended on another thread.
    if (ph === 'X') add(name, dur);
    else if (ph === 'b') begins.set(pair, ts);
    else if (ph === 'e') {
      const begin = begins.get(pair);
      begins.delete(pair);
      if (begin !== undefined) add(name, ts - begin);
    }
  }
  return [...durations]
    .map(([name, times]) => summarize(name, times))
    .sort((a, b) => b.total - a.total);
}

function summarize(name: string, times: number[]): SpanStatistics {
  times.sort((a, b) => a - b);
  const count = times.length;
  const total = times.reduce((sum, time) => sum + time, 0) / 1000;
  const p95 = (times[Math.ceil(count * 0.95) - 1] ?? 0) / 1000;
  return { name, count, total, mean: total / count, p95 };
}
