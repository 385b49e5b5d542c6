import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { type ReadProblem, readTrace } from 'tracelane/reader';
import { writePackets } from '../../perfetto/messages.js';

/** Packets of Perfetto's format as tests make them, about one thread of one process, and what is read of them. */

export const BEGIN = 1;
export const END = 2;
export const INSTANT = 3;
export const COUNTER = 4;
export const CLEARED = 1;
export const NEEDS_STATE = 2;
export const MONOTONIC = 3;
export const BOOTTIME = 6;

export type Fields = Readonly<Record<string, unknown>>;

export const PROCESS = { trackDescriptor: { uuid: 1, process: { pid: 7, processName: 'app' } } };
export const THREAD = {
  trackDescriptor: { uuid: 2, parentUuid: 1, thread: { pid: 7, tid: 8, threadName: 'main' } },
};
export const HEAD = [PROCESS, THREAD];

/** A packet of a track event, at nanoseconds. */
export function event(timestamp: number | string, trackEvent: Fields, more: Fields = {}): Fields {
  return {
    timestamp,
    trustedPacketSequenceId: 1,
    trackEvent: { trackUuid: 2, ...trackEvent },
    ...more,
  };
}

export const begin = (at: number, name: string, more: Fields = {}): Fields =>
  event(at, { type: BEGIN, name, categories: ['c'], ...more });
export const end = (at: number, more: Fields = {}): Fields => event(at, { type: END, ...more });

interface Read {
  readonly events: Fields[];
  readonly problems: readonly ReadProblem[];
}

export async function read(file: Buffer | readonly Buffer[]): Promise<Read> {
  const problems: ReadProblem[] = [];
  const events: Fields[] = [];
  const pieces = Buffer.isBuffer(file) ? [file] : [...file];
  const options = { onProblem: (problem: ReadProblem) => void problems.push(problem) };
  for await (const one of readTrace(Readable.from(pieces), options)) events.push(one as never);
  return { events, problems };
}

/** The events of some packets, without what is the same in all. */
export async function eventsOf(...packets: readonly Fields[]): Promise<Fields[]> {
  const { events, problems } = await read(writePackets([...HEAD, ...packets]));
  assert.deepEqual(problems, []);
  return events.filter(({ ph }) => ph !== 'M');
}

export const brief = ({ ph, name, ts, dur }: Fields): string =>
  `${ph} ${name} ${ts}${dur === undefined ? '' : ` +${dur}`}`;
