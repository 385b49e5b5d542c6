import diagnostics from 'node:diagnostics_channel';
import { syncBuiltinESMExports } from 'node:module';
import { guarded, reportFailure } from './guard.js';

type Subscriber = (message: never) => void;

/** What has to be undone when a source ends: the last first. */
export class Undo implements Disposable {
  readonly #steps: (() => void)[] = [];

  add(step: () => void): void {
    this.#steps.push(step);
  }

  /** Listens to a channel. One that this Node does not have stays silent. */
  subscribe(channel: string, subscriber: Subscriber): void {
    // Without the list of arguments of `guarded()`: each request comes by here.
    const listen: diagnostics.ChannelListener = (message) => {
      try {
        subscriber(message as never);
      } catch (error) {
        reportFailure(error);
      }
    };
    diagnostics.subscribe(channel, listen);
    this.add(() => diagnostics.unsubscribe(channel, listen));
  }

  /** Has a function called at intervals, which keep no process alive. */
  every(milliseconds: number, run: () => void): void {
    const timer = setInterval(guarded(run), milliseconds);
    timer.unref();
    this.add(() => clearInterval(timer));
  }

  /**
   * Puts another function in the place of one. Where it cannot be replaced, as the object is frozen,
   * nothing is done. A program that has wrapped the new one since, or has taken it out, keeps it: whatever
   * is put in its place has to go on working once this is undone.
   */
  replace<K extends string>(
    holder: Readonly<Record<K, unknown>>,
    name: K,
    make: (original: AnyFunction) => AnyFunction,
  ): void {
    const target = holder as Record<string, unknown>;
    // Some become what they are when they are first read.
    const original = target[name];
    const own = Object.getOwnPropertyDescriptor(target, name);
    if (typeof original !== 'function') return;
    const replacement = likeOriginal(make(original as AnyFunction), original);
    try {
      Object.defineProperty(target, name, {
        ...(own ?? { configurable: true, enumerable: false, writable: true }),
        value: replacement,
      });
    } catch {
      return;
    }
    this.add(() => {
      if (target[name] !== replacement) {
        covered.set(replacement, own);
        return;
      }
      const before = withoutCovered(own);
      if (before === undefined) delete target[name];
      else Object.defineProperty(target, name, before);
    });
  }

  /** Those who import from Node's own modules by name see what is replaced there, until it is undone. */
  shareReplaced(): void {
    syncBuiltinESMExports();
    // Once all that is replaced is back.
    this.#steps.unshift(syncBuiltinESMExports);
  }

  [Symbol.dispose](): void {
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        step();
      } catch (error) {
        // The others are undone all the same, and what ends the recording goes on.
        reportFailure(error);
      }
    }
  }
}

/**
 * Replacements that could not be taken back, as another one had been put over them: two sources of a kind
 * end in the order in which they began, say. Each with what it had replaced. When the one on top is taken
 * back, these are passed over, down to what still holds.
 */
const covered = new WeakMap<object, PropertyDescriptor | undefined>();

function withoutCovered(
  description: PropertyDescriptor | undefined,
): PropertyDescriptor | undefined {
  let below = description;
  while (below !== undefined && covered.has(below.value)) below = covered.get(below.value);
  return below;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever a replaced function takes and gives.
export type AnyFunction = (this: any, ...args: any[]) => any;

/** Programs look at names and lengths of functions, and at what hangs on them (`util.promisify.custom`). */
function likeOriginal(replacement: AnyFunction, original: object): AnyFunction {
  for (const key of Reflect.ownKeys(original)) {
    const description = Object.getOwnPropertyDescriptor(original, key);
    const own = Object.getOwnPropertyDescriptor(replacement, key);
    if (description === undefined || own?.configurable === false) continue;
    Object.defineProperty(replacement, key, description);
  }
  return replacement;
}
