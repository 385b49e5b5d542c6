import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after } from 'node:test';
import { FileArguments } from '#src/view/load/file-arguments.js';
import { type LoadedTrace, loadTrace } from '#src/view/load/load-trace.js';
import { TraceModel } from '#src/view/model/trace-model.js';
import { Flag, type TraceFacts, type TrackFacts } from '#src/view/wire/questions.js';
import { type Trace, textOf } from '../../reader/read.js';

/** A trace that was loaded, with what is often asked of it. */
export class Loaded {
  readonly trace: LoadedTrace;
  readonly model: TraceModel;

  constructor(trace: LoadedTrace) {
    this.trace = trace;
    this.model = new TraceModel(trace.data, new FileArguments(trace));
  }

  facts(): Promise<TraceFacts> {
    return this.model.answer({ ask: 'trace' }) as Promise<TraceFacts>;
  }

  /** The only track of a kind and a name. */
  async track(kind: TrackFacts['kind'], name?: string): Promise<TrackFacts> {
    const { tracks } = await this.facts();
    const found = tracks.filter((track) => track.kind === kind && name === (name && track.name));
    assert.equal(found.length, 1, `${kind} ${name} of ${tracks.map((track) => track.name)}`);
    return found[0] as TrackFacts;
  }

  /** The only slice of a name. */
  slice(name: string): number {
    const { texts, labelNames, slices } = this.trace.data;
    const found = Array.from(slices.labels.keys()).filter(
      (slice) => texts[labelNames[slices.labels[slice]]] === name,
    );
    assert.equal(found.length, 1, `${found.length} slices are called ${name}`);
    return found[0] as number;
  }

  nameOf(slice: number): string {
    const { texts, labelNames, slices } = this.trace.data;
    return texts[labelNames[slices.labels[slice]]] as string;
  }

  /** All slices of a track as lines: `lane name start+length flags`, times in microseconds. */
  lines({ track }: TrackFacts): string[] {
    const { tracks, slices } = this.trace.data;
    const { firstLane, lanes } = tracks[track] as (typeof tracks)[number];
    const { starts, ends, flags, laneFirst } = slices;
    const lines: string[] = [];
    for (let lane = 0; lane < lanes; lane++) {
      for (
        let slice = laneFirst[firstLane + lane];
        slice < laneFirst[firstLane + lane + 1];
        slice++
      ) {
        const [start, length] = [starts[slice], ends[slice] - starts[slice]];
        const set = Object.entries(Flag).filter(([, flag]) => (flags[slice] & flag) !== 0);
        const words = set.map(([word]) => word.toLowerCase());
        const time = `${start / 1000}+${length / 1000}`;
        lines.push([lane, this.nameOf(slice), time, ...words].join(' '));
      }
    }
    return lines;
  }
}

/** Loads a trace from its text or its events; what it needs is given back after the test file. */
export async function load(trace: Trace): Promise<Loaded> {
  return loadFrom(Readable.from([Buffer.from(textOf(trace))]));
}

export async function loadFrom(input: Parameters<typeof loadTrace>[0]): Promise<Loaded> {
  const loaded = await loadTrace(input);
  opened.push(loaded);
  return new Loaded(loaded);
}

const opened: LoadedTrace[] = [];
after(() => {
  for (const trace of opened) trace.file.close();
});
