import { EventEmitter } from 'node:events';
import { writeSync } from 'node:fs';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { timers } from '../../intrinsics/clock.js';
import { OwnWeakMap, object, reflect } from '../../intrinsics/language.js';
import { withOriginals } from '../../intrinsics/originals.js';
import { IS_NODE } from '../host.js';
import { emitWarning } from '../record/report.js';
import { sharedByCopies } from './shared-state.js';
import { isWriterWorker } from './writer-worker.js';

/** A session that has to be told when the process is about to end. */
export interface OpenSession {
  /** Whether signals that would end the process are listened to. */
  readonly handlesSignals: boolean;
  /** Brings everything to disk. */
  flush(): void;
  /** The process is about to end: flushes, and makes each later event go to disk at once. */
  exit(): void;
  /** The same where the process may go on. */
  brace(): void;
  /** It goes on: events need not go to disk at once any more. */
  relax(): void;
}

/** Signals that end a process unless it listens to them. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Counts all listeners, where `process.listenerCount` leaves out some: tsx hides its own from programs. */
const { listenerCount } = EventEmitter.prototype;

const open = new Set<OpenSession>();
/** Records what is left. It is told whether the recording ends here, or only may. */
export type CatchUp = (isEnd: boolean) => void;

/** What is to be recorded before the end, and by which tracer. */
const catchUps = new Map<CatchUp, object>();
let listening = false;
/** Whether the end is watched by listeners, and not by `process.emit`. */
let hasListeners = false;

export function watchExit(session: OpenSession): void {
  watch(() => open.add(session));
}

export function unwatchExit(session: OpenSession): void {
  unwatch(() => open.delete(session));
}

/** Has a function called before this thread exits, and before a signal ends the process, or may do so. */
export function beforeEnd(tracer: object, catchUp: CatchUp): void {
  watch(() => catchUps.set(catchUp, tracer));
}

export function notBeforeEnd(catchUp: CatchUp): void {
  unwatch(() => catchUps.delete(catchUp));
}

/** What a tracer still has to record is recorded: it ends. */
export function catchUp(tracer: object): void {
  for (const [run, owner] of catchUps) if (owner === tracer) run(true);
}

function catchUpAll(isEnd: boolean): void {
  for (const run of catchUps.keys()) guarded(() => run(isEnd));
}

function isWatched(): boolean {
  return open.size + catchUps.size > 0;
}

function watch(add: () => void): void {
  const isFirst = !isWatched();
  add();
  try {
    if (isFirst) watchEnd();
    listen();
  } catch (error) {
    emitWarning(
      'TRACELANE_EXIT',
      `The end of the process cannot be watched: ${String(error)}. The program has frozen 'process', or ` +
        "replaced what listeners are added by. Call the tracer's stop() before the program ends.",
    );
  }
}

/** `remove` says whether there was something to be removed. */
function unwatch(remove: () => boolean): void {
  if (!remove()) return;
  try {
    if (!isWatched()) unwatchEnd();
    if (!wanted()) ignore();
  } catch {
    // Frozen meanwhile: what stays there does nothing.
  }
}

/**
 * Bun and Deno may emit without calling `process.emit`, so there these are listeners; and where the
 * program has made `process.emit` read-only. The second one is for Deno, which emits no 'exit' after an
 * error that nobody caught.
 */
function watchEnd(): void {
  if (IS_NODE && watchEmit()) return;
  hasListeners = true;
  process.on('exit', onExit).on('uncaughtExceptionMonitor', flushAll);
}

function unwatchEnd(): void {
  if (hasListeners) process.off('exit', onExit).off('uncaughtExceptionMonitor', flushAll);
  else unwatchEmit();
  hasListeners = false;
}

type Emit = (this: unknown, ...args: unknown[]) => boolean;
const emitter = process as unknown as { emit: Emit };

/** What stands in the place of `process.emit` while the end is watched. */
let watcher: Emit | undefined;
/** Puts back what stood there before. */
let restore: () => void;

/**
 * Watchers that could not be removed, because the program had wrapped `process.emit` around them, each with
 * the own `emit` that it had replaced (undefined: it was the inherited one). All they still do is call that.
 * When one is uncovered later, that is put in its place.
 */
const ended = sharedByCopies('ended watchers', () => new OwnWeakMap<Emit, Emit | undefined>());

function withoutEnded(emit: Emit | undefined): Emit | undefined {
  let standing = emit;
  while (standing !== undefined && ended.has(standing)) standing = ended.get(standing);
  return standing;
}

/**
 * Sees the events by which Node says that this process (or this worker) ends, before any listener
 * of the program's: those may end it at once, by process.exit() or by an error, and whoever comes
 * later in line is not called any more. A listener could not be sure to be the first, nor to be
 * there still: a program may prepend others, or remove all. Node itself emits these events by
 * `process.emit`, on every way out that lets JavaScript run.
 */
function watchEmit(): boolean {
  const own = withoutEnded(object.hasOwn(emitter, 'emit') ? emitter.emit : undefined);
  const watch: Emit = function emit(...args): boolean {
    if (watcher === watch) {
      if (args[0] === 'exit') onExit();
      else if (args[0] === 'uncaughtExceptionMonitor') onUncaughtException();
      else if (listening && isSignal(args[0])) onSignal(args[0], args[2]);
      // Node tells of each new thread in a tick of its own, when the program may listen already.
      else if (args[0] === 'worker' && isWriterWorker(args[1])) return false;
    }
    // Looked up now: what all emitters inherit may have been replaced meanwhile.
    return reflect.apply(own ?? object.getPrototypeOf(emitter).emit, this, args);
  };
  restore = () => {
    const before = withoutEnded(own);
    if (emitter.emit !== watch) ended.set(watch, own);
    else if (before === undefined) reflect.deleteProperty(emitter, 'emit');
    else emitter.emit = before;
  };
  watcher = watch;
  return reflect.set(emitter, 'emit', watch);
}

/** If the program has wrapped it meanwhile, it stays inside that wrapper and does nothing. */
function unwatchEmit(): void {
  watcher = undefined;
  restore();
}

/** Whether this thread ends: it does not come back from there. */
export function isExiting(): boolean {
  return isLeaving() === true;
}

/** What Node, Bun and Deno say of this thread before they emit 'exit'. */
function isLeaving(): boolean | undefined {
  return (process as { _exiting?: boolean })._exiting;
}

function onExit(): void {
  // The program has emitted it itself, and goes on.
  if (isLeaving() === false) return;
  withOriginals(() => {
    catchUpAll(true);
    for (const session of open) guarded(() => session.exit());
  });
}

/** If the program's handler of the error throws, Node ends the process without any other event. */
function onUncaughtException(): void {
  withOriginals(() => {
    const sessions = [...open];
    catchUpAll(false);
    for (const session of sessions) guarded(() => session.brace());
    const relax = () => {
      for (const session of sessions) session.relax();
    };
    // The process has come back to its event loop: the error was handled.
    timers.setImmediate(() => withOriginals(relax)).unref();
  });
}

/** Catches everything: the program's own listeners have to be called, whatever happens here. */
function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    warnAtExit('TRACELANE_EXIT', `The trace may not be complete: ${String(error)}`);
  }
}

function flushAll(): void {
  for (const session of open) session.flush();
}

function wanted(): boolean {
  return isMainThread && [...open].some(({ handlesSignals }) => handlesSignals);
}

function listen(): void {
  if (listening || !wanted()) return;
  listening = true;
  // First in line: where `process.emit` is not watched, it is gone before most others count the listeners.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
}

function isSignal(event: unknown): event is NodeJS.Signals {
  return event === 'SIGINT' || event === 'SIGTERM' || event === 'SIGHUP';
}

function ignore(): void {
  if (!listening) return;
  listening = false;
  withAllCounted(() => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  });
}

/**
 * When a listener goes away, Node asks `process.listenerCount` whether to leave the signal to the system again. Where
 * the program's own listener hides from it, the next signal would end the process in the middle of its exit.
 */
function withAllCounted(run: () => void): void {
  const own = reflect.getOwnPropertyDescriptor(process, 'listenerCount');
  const isHidden = own?.configurable === true && reflect.deleteProperty(process, 'listenerCount');
  try {
    run();
  } finally {
    if (isHidden) reflect.defineProperty(process, 'listenerCount', own);
  }
}

/**
 * Writes the traces and lets the signal do what it would have done without this listener. That need
 * not end the process: the program's own listeners may let it live, and the first process of a
 * container (pid 1) gets no signal that it does not listen to. Then all goes on as before.
 *
 * It takes itself away before any listener of the program's looks: libraries that restore a
 * terminal or remove lock files count the listeners, to find out whether they are alone and have
 * to end the process themselves. Those that are first in line find it gone, too, as `process.emit` has
 * called it before it calls them.
 */
function onSignal(signal: NodeJS.Signals, number?: unknown): void {
  ignore();
  // Where a program has emitted it, without a number and to nobody, nothing happens.
  const isReal = !IS_NODE || typeof number === 'number';
  const alone = isReal && reflect.apply(listenerCount, process, [signal]) === 0;
  const sessions = [...open].filter(({ handlesSignals }) => handlesSignals);
  withOriginals(() => {
    // A listener that has cleaned up may send the signal again, before anything here listens to it.
    catchUpAll(alone);
    for (const session of sessions) {
      guarded(() => {
        if (alone) session.exit();
        else session.flush();
      });
    }
  });
  if (alone) process.kill(process.pid, signal);
  const goOn = () => {
    for (const session of sessions) session.relax();
    listen();
  };
  timers.setImmediate(() => withOriginals(goOn));
}

/** A warning in an exit handler: process.emitWarning would show it in a tick that never comes. */
export function warnAtExit(code: string, message: string): void {
  try {
    writeSync(2, `(node:${process.pid}) [${code}] TracelaneWarning: ${message}\n`);
  } catch {
    // There is nobody left to tell.
  }
}
