import type { Session } from 'node:inspector';
import process from 'node:process';
import { type Profile, parseProfile } from '../../cpu-profile/profile.js';

/**
 * Samples this thread in windows. V8 gives a profile only when that is over, and takes 10 to 50 ms to
 * start again once it samples nothing any more. So the next window begins before the last one ends, which
 * takes less than a millisecond; both have the samples of the time between.
 */
export interface Profiler {
  /** Begins the next window, and gives the one that this ends. */
  rotate(): Profile | undefined;
  /** Ends the last window. */
  stop(): Profile | undefined;
}

/** The interval of profiles that are not started by the inspector. */
const V8_INTERVAL_US = 1000;

/**
 * Undefined in what Node starts without an inspector: the process of `node --test`, which runs the program in
 * others and does nothing itself.
 *
 * @throws where this process may not profile itself.
 */
export function startProfiler(intervalMicroseconds: number): Profiler | undefined {
  const v8 = process.getBuiltinModule('node:v8') as { startCpuProfile?: StartProfile };
  if (v8.startCpuProfile !== undefined && intervalMicroseconds === V8_INTERVAL_US) {
    return new V8Profiler(v8.startCpuProfile);
  }
  if (isProfiledByNode()) {
    throw new Error(
      'Node itself profiles this process (--cpu-prof, NODE_V8_COVERAGE) and would print all samples. ' +
        'Node 24.12 and later can do both, with samples each millisecond',
    );
  }
  try {
    return new InspectorProfiler(intervalMicroseconds);
  } catch (error) {
    // It has a code from Node 22 on.
    if (String(error).includes('without a V8::Inspector')) return undefined;
    throw error;
  }
}

/**
 * Each session that has the profiler enabled hears of all windows. Node's own prints what it has not
 * asked for.
 */
function isProfiledByNode(): boolean {
  const { NODE_V8_COVERAGE = '', NODE_OPTIONS = '' } = process.env;
  const options = [...process.execArgv, ...NODE_OPTIONS.split(/[\s"]+/)];
  return NODE_V8_COVERAGE !== '' || options.includes('--cpu-prof');
}

type StartProfile = () => { stop(): string };

/** Since Node 24.12: takes half as long, and works where a program may not use the inspector. */
class V8Profiler implements Profiler {
  readonly #start: StartProfile;
  #window: ReturnType<StartProfile>;

  constructor(start: StartProfile) {
    this.#start = start;
    this.#window = start();
  }

  rotate(): Profile {
    const next = this.#start();
    const profile = this.stop();
    this.#window = next;
    return profile;
  }

  stop(): Profile {
    const profile = parseProfile(this.#window.stop());
    const { startTime, endTime } = profile;
    // These two have 32 bits there, and begin again every 71 minutes.
    const lost = Math.round((monotonicMicroseconds() - endTime) / 2 ** 32) * 2 ** 32;
    const lasted = (endTime - startTime + 2 ** 32) % 2 ** 32;
    return { ...profile, startTime: endTime + lost - lasted, endTime: endTime + lost };
  }
}

export function monotonicMicroseconds(): number {
  return Number(process.hrtime.bigint()) / 1000;
}

/**
 * By a session of the inspector's within this thread: nothing is listened to from outside, and nothing is
 * printed. All that this takes is synchronous, so that the last window can be had at exit.
 */
class InspectorProfiler implements Profiler {
  readonly #session: Session;
  readonly #console: InspectorConsole;
  #windows = 0;
  #title = '';
  #finished: Profile | undefined;

  constructor(interval: number) {
    const { Session, console } = process.getBuiltinModule('node:inspector');
    this.#console = console as InspectorConsole;
    this.#session = openSession(Session);
    this.#session.on('Profiler.consoleProfileFinished', ({ params }) => {
      // Programs may make profiles in the same way.
      if (params.title?.startsWith(TITLE) === true) this.#finished = params.profile;
    });
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.setSamplingInterval', { interval });
    this.#begin();
  }

  rotate(): Profile | undefined {
    const ending = this.#title;
    this.#begin();
    return this.#end(ending);
  }

  stop(): Profile | undefined {
    const profile = this.#end(this.#title);
    this.#session.disconnect();
    return profile;
  }

  #begin(): void {
    this.#title = `${TITLE}${++this.#windows}`;
    this.#console.profile(this.#title);
  }

  #end(title: string): Profile | undefined {
    this.#finished = undefined;
    this.#console.profileEnd(title);
    return this.#finished;
  }
}

function openSession(SessionClass: typeof Session): Session {
  try {
    const session = new SessionClass();
    session.connect();
    return session;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ACCESS_DENIED') throw error;
    throw new Error('with --permission, this Node lets no program use its profiler');
  }
}

/** The title of a window: this, and a number. */
const TITLE = 'tracelane samples ';

/** The console that a debugger shows. Its types are those of Node's, which has fewer arguments. */
interface InspectorConsole {
  profile(title: string): void;
  profileEnd(title: string): void;
}
