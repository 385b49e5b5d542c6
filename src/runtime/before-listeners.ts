import type { EventEmitter } from 'node:events';
import { reportFailure } from './guard.js';
import type { AnyFunction } from './undo.js';

/** What is called for each event, by its name. */
type Told = Readonly<Record<string, AnyFunction>>;

/** Of each emitter that is watched, who is told. */
const watched = new WeakMap<EventEmitter, Set<Told>>();

/**
 * Has functions called before the listeners of an emitter's events. They are no listeners: programs count
 * those, Node warns where there are more than ten, and who removes all of them means his own. What is
 * returned ends it.
 */
export function beforeListeners(emitter: EventEmitter, told: Told): () => void {
  const known = watched.get(emitter);
  const all = known ?? new Set<Told>();
  all.add(told);
  // Once for each, as a socket may be connected again and again.
  if (known === undefined) {
    watched.set(emitter, all);
    watch(emitter, all);
  }
  return () => all.delete(told);
}

/** The function stays there: an object of which something is taken away is a slow one from then on. */
function watch(emitter: EventEmitter, all: ReadonlySet<Told>): void {
  const own = Object.hasOwn(emitter, 'emit') ? (emitter.emit as AnyFunction) : undefined;
  Object.defineProperty(emitter, 'emit', {
    configurable: true,
    enumerable: false,
    writable: true,
    value: function emit(this: EventEmitter, event: unknown, ...args: unknown[]): unknown {
      if (all.size > 0 && typeof event === 'string') {
        for (const told of all) {
          if (Object.hasOwn(told, event)) tell(told[event] as AnyFunction, args);
        }
      }
      // Looked up now: what all emitters of the kind inherit may have been replaced meanwhile.
      const original = own ?? (Object.getPrototypeOf(emitter).emit as AnyFunction);
      return original.call(this, event, ...args);
    },
  });
}

function tell(run: AnyFunction, args: readonly unknown[]): void {
  try {
    run(...args);
  } catch (error) {
    reportFailure(error);
  }
}
