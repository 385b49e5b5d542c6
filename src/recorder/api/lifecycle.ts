import { performanceClock } from '../../intrinsics/clock.js';
import { withOriginals } from '../../intrinsics/originals.js';
import type { ResolvedOptions } from '../options.js';
import { fillIn } from '../output-path.js';
import type { Recorder } from '../record/recorder.js';
import { emitWarning } from '../record/report.js';
import { ownEnvironment, type RootTrace } from '../session/child-processes.js';
import type { Owner } from '../session/owner.js';
import { countRecording } from '../session/recordings.js';
import { Session } from '../session/session.js';
import { NO_STATS, readStats } from '../session/stats.js';
import { recorderFor, tid } from '../session/thread-recorders.js';
import { publishHandle } from '../session/worker-handle.js';
import type { TracerHandle, TraceStats } from '../types.js';
import { prepareCalls } from './call-result.js';

/** What a recording is ended by, in either way, or in both. */
type Ends = Pick<Session, 'stop' | 'stopSync'>;

/** A recording that was told to end and may not have done so. */
interface Ending {
  readonly ends: Ends;
  readonly finished: Promise<TraceStats>;
}

/** The recordings of a tracer, one after the other: each goes on from `start()` to `stop()`. */
export class Lifecycle {
  readonly #options: ResolvedOptions;
  /** The recording that this thread owns. It may be known to others before it starts. */
  #session: Session | undefined;
  /** Whether its handle was given out. */
  #isKnown = false;
  #ending: Ending | undefined;
  /** The trace of another thread that is recorded into. */
  #handle: TracerHandle | undefined;
  /** The trace of another process that a part is recorded of. */
  #root: RootTrace | undefined;
  #startedAt = 0;
  /** Whether its tracer is the global one, which new threads and processes find. */
  #isGlobal = false;
  /** The file of the last recording. */
  #outputFile: string | undefined;
  /** The file that was recorded last, and whether a warning has said that it was replaced. */
  #recordedFile: string | undefined;
  #hasWarned = false;
  #lastStats: TraceStats = NO_STATS;

  constructor(options: ResolvedOptions) {
    this.#options = options;
  }

  /** From now on, all goes into the trace of another thread. */
  connect(handle: TracerHandle): void {
    this.#handle = handle;
    this.#outputFile = handle.outputFile;
  }

  /** From now on, recordings are parts of the trace of another process. */
  join(root: RootTrace): void {
    this.#root = root;
  }

  get outputFile(): string {
    return this.#outputFile ?? this.#options.path;
  }

  /** When it was started last, by `performance.now()`. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** What was recorded last, and has ended. */
  get lastStats(): TraceStats {
    return this.#lastStats;
  }

  /**
   * Begins a recording; undefined where there is to be none.
   *
   * @throws {TraceError} TRACELANE_CANNOT_OPEN, TRACELANE_FILE_IN_USE
   */
  start(): Recorder | undefined {
    if (!this.#options.enabled) return undefined;
    this.#startedAt = performanceClock.now();
    if (this.#handle !== undefined) return recorderFor(this.#handle);
    const session = this.#openSession();
    try {
      session.start();
    } catch (error) {
      this.#giveUp(session);
      throw error;
    }
    this.#warnOfReplacing();
    prepareCalls(session.recorder);
    if (this.#isGlobal) this.publish('program');
    return session.recorder;
  }

  /** Ends the recording that was started, if there is one; resolves when it has ended. */
  async stop(recorder: Recorder | undefined): Promise<TraceStats> {
    if (recorder === undefined) return (await this.#ending?.finished) ?? this.#lastStats;
    const ends = this.#leave(recorder);
    const ending: Ending = { ends, finished: ends.stop() };
    this.#ending = ending;
    const stats = await ending.finished;
    // Another one may have ended meanwhile. It was started later: its numbers are the last ones.
    if (this.#ending === ending) this.#ended(stats);
    return stats;
  }

  /** The same, blocking, also where a recording is ending already. */
  stopSync(recorder: Recorder | undefined): TraceStats {
    if (recorder === undefined) {
      if (this.#ending !== undefined) this.#ended(this.#ending.ends.stopSync());
      return this.#lastStats;
    }
    this.#ended(this.#leave(recorder).stopSync());
    return this.#lastStats;
  }

  /** What ends the recording that goes on. The next one is another. */
  #leave(recorder: Recorder): Ends {
    const session = this.#session;
    this.#session = undefined;
    this.#isKnown = false;
    return session ?? partOf(recorder);
  }

  #ended(stats: TraceStats): void {
    this.#ending = undefined;
    this.#lastStats = stats;
  }

  /** Hands the trace on to the threads and processes that start from now on. */
  publish(owner: Owner): void {
    if (owner === 'program') this.#isGlobal = true;
    // Where nothing will ever be recorded, there is nothing to be found.
    if (!this.#options.enabled) return;
    withOriginals(() => {
      publishHandle(owner, this.handle());
      this.#session?.publish(owner);
    });
  }

  /** It is the program's global tracer no more. */
  unpublish(): void {
    this.#isGlobal = false;
    withOriginals(() => {
      publishHandle('program', undefined);
      this.#session?.unpublish('program');
    });
  }

  handle(): TracerHandle {
    this.#isKnown = true;
    return this.#handle ?? { ...this.#openSession().handle, from: tid };
  }

  /** What a child process needs to record a part of what is being recorded. */
  childEnv(): Record<string, string> {
    return this.#session?.childEnvironment() ?? ownEnvironment();
  }

  #openSession(): Session {
    this.#session ??= withOriginals(() => {
      const path = fillIn(this.#options.path, countRecording);
      const session = new Session({ ...this.#options, path }, this.#root);
      this.#outputFile = path;
      return session;
    });
    return this.#session;
  }

  /** One that could not start. It stays for another try where threads have its handle. */
  #giveUp(session: Session): void {
    if (this.#isKnown) return;
    this.#session = undefined;
    session.giveUp();
  }

  #warnOfReplacing(): void {
    if (this.#recordedFile === this.outputFile && !this.#hasWarned) {
      this.#hasWarned = true;
      emitWarning(
        'TRACELANE_FILE_REPLACED',
        `The new recording has replaced the last one of this tracer, in ${this.outputFile}. To keep ` +
          "all, put '%n' into the path, which stands for the number of the recording, or '%t', the " +
          'time.',
      );
    }
    this.#recordedFile = this.outputFile;
  }
}

/** This thread's part of a recording that another one owns. */
function partOf(recorder: Recorder): Ends {
  return {
    async stop() {
      recorder.close();
      await recorder.flushAsync();
      return readStats(recorder.arena);
    },
    stopSync() {
      recorder.close();
      recorder.flush();
      return readStats(recorder.arena);
    },
  };
}
