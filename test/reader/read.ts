import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after } from 'node:test';
import { checkText } from '#src/reader/check/check.js';
import { repairFile } from '#src/reader/repair/repair.js';
import { summarize } from '#src/reader/summary/summarize.js';
import type { Summary } from '#src/reader/summary/summary.js';

/** A trace as its text, or as its events. */
export type Trace = string | readonly object[];

export function textOf(trace: Trace): string {
  return typeof trace === 'string' ? trace : JSON.stringify(trace);
}

export function summaryOf(trace: Trace | Buffer): Promise<Summary> {
  const options = { by: 'name', filter: () => true, top: 100, stretches: 7, tree: true } as const;
  const bytes = Buffer.isBuffer(trace) ? trace : Buffer.from(textOf(trace));
  return summarize(Readable.from([bytes]), options);
}

/** Times in microseconds: how many, how long in all, without what is inside, and how many never ended. */
export type Times = readonly [count: number, total: number, self: number, unfinished: number];

/** What the summary says of slices and operations, by name. */
export async function times(trace: Trace | Buffer): Promise<Record<string, Times>> {
  const { groups } = await summaryOf(trace);
  const entries = groups.map(({ key, count, total, self = 0, unfinished }) => {
    return [key, [count, total / 1000, self / 1000, unfinished]] as const;
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** How often the check finds each rule broken. */
export function found(trace: Trace): Record<string, number> {
  return Object.fromEntries(checkText(textOf(trace)).counts);
}

export interface Repaired {
  readonly text: string;
  readonly events: readonly Readonly<Record<string, unknown>>[];
  /** What was done, and how often. */
  readonly done: Readonly<Record<string, number>>;
  readonly errors: number;
}

/** Gives a function that repairs a trace. */
export function repairer(): (trace: Trace) => Promise<Repaired> {
  const folder = mkdtempSync(join(tmpdir(), 'repair-'));
  after(() => rmSync(folder, { recursive: true }));
  return async (trace) => {
    const [input, output] = [join(folder, 'input.json'), join(folder, 'output.json')];
    writeFileSync(input, textOf(trace));
    const { done, result } = await repairFile(input, output);
    const text = readFileSync(output, 'utf8');
    const parsed = JSON.parse(text);
    const events = Array.isArray(parsed) ? parsed : parsed.traceEvents;
    return { text, events, done: Object.fromEntries(done), errors: result.errors };
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** An event of thread 8 of process 7. */
export function event(ph: string, name: string, ts: number, more: Fields = {}): Fields {
  return { ph, name, cat: 'c', ts, pid: 7, tid: 8, args: {}, ...more };
}

export const X = (name: string, ts: number, dur: number, more?: Fields) =>
  event('X', name, ts, { dur, ...more });
export const B = (name: string, ts: number, more?: Fields) => event('B', name, ts, more);
export const E = (name: string, ts: number, more?: Fields) => event('E', name, ts, more);
