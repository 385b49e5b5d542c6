import { AsyncLocalStorage } from 'node:async_hooks';
import diagnostics from 'node:diagnostics_channel';
import { ownMethods, reflect } from '../../intrinsics/language.js';
import type { Recorder } from '../record/recorder.js';
import { sharedByCopies } from '../session/shared-state.js';
import type { CallSpan } from './span.js';

/** One whose methods nobody can replace. */
function makeStorage(): AsyncLocalStorage<CallSpan> {
  const storage = new AsyncLocalStorage<CallSpan>();
  ownMethods(storage, AsyncLocalStorage.prototype);
  return storage;
}

const context = sharedByCopies('context', () => ({
  /** The traced call in which code runs, across its awaits. */
  storage: makeStorage(),
  /** Before Node 24 a storage slows down every promise once it is used: until then it is not asked. */
  isUsed: false,
}));
const { storage } = context;

type Callback = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Runs a function, and all that it starts, inside a traced call. Where Node fails to, because the
 * program has replaced what Node needs for it, the function runs outside of one.
 */
export function runInside<A, T>(span: CallSpan, fn: (arg: A) => T, arg: A): T {
  context.isUsed = true;
  span.isEntered = false;
  try {
    return storage.run(span, enter<A, T>, span, fn, arg);
  } catch (error) {
    if (span.isEntered) throw error;
    return enter(span, fn, arg);
  }
}

/** Notes that the function was called: an error before that is one of Node's. */
function enter<A, T>(span: CallSpan, fn: (arg: A) => T, arg: A): T {
  span.isEntered = true;
  return fn(arg);
}

/**
 * What runs here from now on, up to the end of this callback of Node's, and all that it starts, is
 * inside the operation: for what begins where there is no function to run inside it.
 */
export function enterOperation(span: CallSpan): void {
  context.isUsed = true;
  storage.enterWith(span);
}

/**
 * Does what Node does once, at the first `runInside`, and switches the tracking off again: a program
 * that traces no calls must not pay for it.
 */
export function prepareContext(span: CallSpan): void {
  if (context.isUsed) return;
  void storage.run(span, async () => {
    // After an await, so that the tracking of promises has been at work.
    await undefined;
    if (!context.isUsed) storage.disable();
  });
}

/**
 * A function that runs in the traced call of this moment, wherever it is called. What else it runs in
 * (the program's own AsyncLocalStorage) is that of its caller, as it would be without tracelane.
 */
export function keepCall(fn: Callback): Callback {
  return context.isUsed ? inCall(storage.getStore(), fn) : fn;
}

/**
 * Whether this code runs in the same call tree as `span`, under the same outermost call. For undefined:
 * whether it runs in no call.
 */
export function isInTree(span: CallSpan | undefined): boolean {
  return storage.getStore()?.root === span?.root;
}

/** The same as `keepCall()` for a call that is known, or none. */
export function inCall(span: CallSpan | undefined, fn: Callback): Callback {
  return function inCall(this: unknown, ...args: unknown[]): unknown {
    let isEntered = false;
    const enterKept = () => {
      isEntered = true;
      return reflect.apply(fn, this, args);
    };
    try {
      return storage.run(span as CallSpan, enterKept);
    } catch (error) {
      // See runInside.
      if (isEntered) throw error;
      return enterKept();
    }
  };
}

/**
 * Has what a channel of Node's runs (`runStores`) run in the traced call that belongs to the message; where
 * none does, in that of its caller. What is returned takes that back.
 */
export function enterFrom<Message extends object>(
  channelName: string,
  callOf: (message: Message) => CallSpan | undefined,
): () => void {
  const channel = diagnostics.channel(channelName);
  channel.bindStore(storage, (message) => callOf(message as Message) ?? storage.getStore());
  return () => channel.unbindStore(storage);
}

/** The traced call around the caller in this trace. */
export function currentCall({ arena }: Recorder): CallSpan | undefined {
  const span = context.isUsed ? storage.getStore() : undefined;
  return span?.recorder.arena === arena ? span : undefined;
}

/**
 * Tells the recorder which traced call the caller runs in, so that what is recorded next belongs to it.
 * Gives that call. It is compared with the last one by identity: most of what a thread records
 * belongs to the same call as what it recorded before.
 */
export function moveToCurrentCall(recorder: Recorder): CallSpan | undefined {
  const call = context.isUsed ? storage.getStore() : undefined;
  return call === recorder.inside ? call : moveToCall(recorder, call);
}

/** The same for a call that the caller knows, or none; until the recorder is told of another one. */
export function moveToCall(recorder: Recorder, call: CallSpan | undefined): CallSpan | undefined {
  // Another tracer's calls are none in this trace.
  const own = call?.recorder.arena === recorder.arena ? call : undefined;
  if (own !== recorder.inside) recorder.moveInside(own);
  return own;
}
