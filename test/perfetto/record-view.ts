import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setGlobalTracer, Tracer, type TracerOptions } from 'tracelane';
import { type Slice, type View, viewTrace } from './view.js';

export interface RecordedView extends View {
  readonly bytes: Buffer;
}

/**
 * Runs `body` with a started tracer, which is the global one meanwhile, and gives what a viewer makes of the
 * file that it has written.
 */
export async function recordView(
  body: (tracer: Tracer) => unknown,
  options: TracerOptions = {},
): Promise<RecordedView> {
  const folder = mkdtempSync(join(tmpdir(), 'tracelane-'));
  const tracer = new Tracer(join(folder, 'trace.pftrace'), { writer: 'inline', ...options });
  try {
    setGlobalTracer(tracer.start());
    await body(tracer);
    await tracer.stop();
    const bytes = readFileSync(tracer.outputFile);
    return { ...viewTrace(bytes), bytes };
  } finally {
    setGlobalTracer(undefined);
    await tracer.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The one slice of a name. */
export function sliceOf({ slices }: View, name: string): Slice {
  const found = slices.filter((slice) => slice.name === name);
  if (found.length !== 1) throw new Error(`${found.length} slices are called ${name}`);
  return found[0] as Slice;
}

/** Where a track lies: itself, and all around it, by their names. */
export function placeOf({ tracks }: View, uuid: string): string {
  const track = tracks.get(uuid);
  if (track === undefined) return '?';
  const own = track.kind === 'other' ? track.name : `${track.kind} ${track.name}`;
  return track.parent === undefined
    ? `${own}`
    : `${placeOf({ tracks } as View, track.parent)} / ${own}`;
}
