import { basename } from 'node:path';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { getRunTracer, setRunTracer } from '../recorder/api/global-tracer.js';
import { Tracer } from '../recorder/api/tracer.js';
import { emitWarning } from '../recorder/record/report.js';
import { knowsTrace } from '../recorder/session/child-processes.js';
import { sharedByCopies } from '../recorder/session/shared-state.js';
import { traceRuntime } from './trace-runtime.js';
import { readVariables } from './variables.js';

const MAX_NAME_LENGTH = 120;

/**
 * Records this thread from its start on, as the environment says. Done before the program's first
 * module, in each of its threads; whatever goes wrong is a warning, and the program runs without.
 */
export function register(): void {
  // By two ways at once: NODE_OPTIONS and --import, say.
  const here = sharedByCopies('register', () => ({ isDone: false }));
  if (here.isDone) return;
  here.isDone = true;
  try {
    const { output, categories, ...options } = readVariables(process.env);
    const tracer = findTracer(output, categories);
    if (!tracer.enabled) return;
    const sources = traceRuntime(tracer, options);
    aroundExit(
      () => sources[Symbol.dispose](),
      () => {
        if (isMainThread) tracer.stopSync();
      },
    );
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    emitWarning(code ?? 'TRACELANE_NOT_REGISTERED', `${message} This process records nothing.`);
  }
}

/** The trace that this thread or process was started in, or a new one. */
function findTracer(output: string | undefined, categories: string | undefined): Tracer {
  const isFirst = isMainThread && !knowsTrace();
  if (isFirst) {
    const tracer = new Tracer(output, { categories, processName: processName() });
    setRunTracer(tracer.start());
    return tracer;
  }
  const tracer = getRunTracer();
  if (isMainThread) tracer.setProcessName(processName());
  return tracer;
}

/** A process is called after its script and what that was given. */
function processName(): string {
  const [, script, ...args] = process.argv;
  const words = script === undefined ? ['node', ...process.execArgv] : [basename(script), ...args];
  const name = words.join(' ');
  return name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH - 1)}…` : name;
}

/** Runs functions before and after the program's own listeners see its end, also where these throw or exit. */
function aroundExit(before: () => void, after: () => void): void {
  const emitter = process as unknown as {
    emit(event: unknown, ...args: unknown[]): boolean;
    reallyExit(this: unknown, ...args: unknown[]): void;
    readonly _exiting?: boolean;
  };
  const { emit } = emitter;
  emitter.emit = function (this: unknown, event, ...args) {
    // A program may emit it itself, and goes on: this is what Node says of its own end.
    const isEnd = event === 'exit' && emitter._exiting !== false;
    if (!isEnd) return emit.call(this as never, event, ...args);
    before();
    // What process.exit() ends by in a listener: it does not come back from there.
    const { reallyExit } = emitter;
    emitter.reallyExit = function (...codes) {
      after();
      reallyExit.apply(this, codes);
    };
    try {
      return emit.call(this as never, event, ...args);
    } finally {
      after();
    }
  };
}
