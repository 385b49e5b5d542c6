import { performance } from 'node:perf_hooks';
import type { SourceContext } from '../source.js';
import { Undo } from '../undo.js';
import { CallFrames } from './call-frames.js';
import { CallStack } from './call-stack.js';
import { monotonicMicroseconds, type Profile, startProfiler } from './profiler.js';
import { SourceMaps } from './source-maps.js';

/** V8 takes longer to end a profile the more stacks it has; a process that is killed loses a window. */
const WINDOW_MS = 1000;

const TRACK_NAME = 'CPU samples';

/** What the CPU did on this thread, as the profiler of V8 saw it from time to time. */
export function traceSamples({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  const profiler = startProfiler(settings.sampleInterval);
  const frames = new CallFrames(new SourceMaps());
  const offset = monotonicMicroseconds() / 1000 - performance.now();
  let recorder = tracer.recorder;
  let track = tracer.openTrack(TRACK_NAME);
  let stack = new CallStack(frames, offset);

  const record = (profile: Profile | undefined) => {
    if (tracer.recorder !== recorder) {
      // Another recording, which knows nothing of what was open in the last one.
      recorder = tracer.recorder;
      track = tracer.openTrack(TRACK_NAME);
      stack = new CallStack(frames, offset);
    }
    if (profile !== undefined && track !== undefined) stack.take(profile, track);
    return track;
  };
  undo.every(WINDOW_MS, () => record(profiler.rotate()));
  undo.add(() => {
    const last = profiler.stop();
    const open = record(last);
    if (last !== undefined && open !== undefined) stack.end(last, open);
    open?.close();
  });
  return undo;
}
