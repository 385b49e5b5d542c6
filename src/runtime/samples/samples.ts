import { performance } from 'node:perf_hooks';
import { CallStack } from '../../cpu-profile/call-stack.js';
import type { Profile } from '../../cpu-profile/profile.js';
import type { Tracer } from '../../recorder/api/tracer.js';
import { SAMPLES_TRACK } from '../../trace-event/thread-tracks.js';
import { guarded } from '../guard.js';
import type { SourceContext } from '../source.js';
import { Undo } from '../undo.js';
import { CallFrames } from './call-frames.js';
import { monotonicMicroseconds, type Profiler, startProfiler } from './profiler.js';
import { SourceMaps } from './source-maps.js';

/** V8 takes longer to end a profile the more stacks it has; a process that is killed loses a window. */
const WINDOW_MS = 1000;

/** What the CPU did on this thread, as V8's profiler saw it from time to time. */
export function traceSamples({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  const profiler = startProfiler(settings.sampleInterval);
  if (profiler === undefined) return undo;
  const samples = new Samples(tracer, profiler);
  undo.every(WINDOW_MS, samples.record);
  const catchingUp = tracer.beforeEnd((isEnd) => {
    if (isEnd) samples.endRecording();
    else samples.record();
  });
  undo.add(() => catchingUp[Symbol.dispose]());
  undo.add(() => samples.end());
  return undo;
}

type Track = NonNullable<ReturnType<Tracer['openTrack']>>;

/** The slices of one recording. */
interface Drawing {
  readonly recorder: Tracer['recorder'];
  readonly track: Track;
  readonly stack: CallStack;
}

class Samples {
  readonly #tracer: Tracer;
  readonly #profiler: Profiler;
  readonly #frames = new CallFrames(new SourceMaps());
  /** Milliseconds from `performance.now()` to the clock of profiles. */
  readonly #offset = monotonicMicroseconds() / 1000 - performance.now();
  #drawing: Drawing | undefined;
  /** When the last drawing ended, by `performance.now()`. */
  #endedAt = 0;

  constructor(tracer: Tracer, profiler: Profiler) {
    this.#tracer = tracer;
    this.#profiler = profiler;
    this.#drawing = this.#draw();
  }

  /** Records the window that is over now. */
  readonly record = guarded(() => this.#take(this.#profiler.rotate()));

  /** The recording is about to end, and so is all that is open in it. Another one may follow. */
  readonly endRecording = guarded(() => this.#takeLast(this.#profiler.rotate()));

  end(): void {
    this.#takeLast(this.#profiler.stop());
  }

  #takeLast(last: Profile | undefined): void {
    this.#take(last);
    const drawing = this.#drawing;
    this.#drawing = undefined;
    this.#endedAt = performance.now();
    if (drawing === undefined) return;
    const { stack, track } = drawing;
    if (last !== undefined) stack.end(last, track.recorder);
    track[Symbol.dispose]();
  }

  #take(profile: Profile | undefined): void {
    if (this.#drawing?.recorder !== this.#tracer.recorder) {
      // Another recording has begun, which knows nothing of what is open.
      this.#drawing?.track[Symbol.dispose]();
      this.#drawing = this.#draw();
    }
    if (profile !== undefined) this.#drawing?.stack.take(profile, this.#drawing.track.recorder);
  }

  /** What is drawn in the recording that goes on right now, if one does. */
  #draw(): Drawing | undefined {
    const { recorder } = this.#tracer;
    // All that this recording can have, also of the window that has just ended: it may have begun in there.
    const start = Math.max(this.#tracer.startedAt, this.#endedAt);
    const track = this.#tracer.openTrack(SAMPLES_TRACK);
    return track && { recorder, track, stack: new CallStack(this.#frames, this.#offset, start) };
  }
}
