import { format, inspect } from 'node:util';
import { guarded } from './guard.js';
import type { SourceContext } from './source.js';
import { Undo } from './undo.js';

const METHODS = ['log', 'info', 'debug', 'warn', 'error', 'dir'] as const;
const MAX_LENGTH = 1000;
/** How a value is shown without running code of the program's. */
const WITHOUT_CODE = { customInspect: false, showProxy: true };

/** What the program says by `console`. */
export function traceConsole({ tracer }: SourceContext): Disposable {
  const undo = new Undo();
  for (const method of METHODS) {
    const record = guarded((args: readonly unknown[]) => {
      const message = method === 'dir' ? inspect(args[0], WITHOUT_CODE) : describe(args);
      tracer.instant(`console.${method}`, 'console', { message: message.slice(0, MAX_LENGTH) });
    });
    undo.replace(console, method, (original) => {
      // A method, as those of the console: they have no `prototype`.
      const like = {
        method(this: unknown, ...args: unknown[]): unknown {
          record(args);
          return original.apply(this, args);
        },
      };
      return like.method;
    });
  }
  return undo;
}

/**
 * As the console shows it, but what objects can be told to say of themselves: they say it to the console,
 * once, and to say it may change them.
 */
function describe(args: readonly unknown[]): string {
  try {
    const shown = args.map(withoutCode);
    // Only a text of the program's says how the others are to be shown, and not one that was made of an
    // object.
    const hasNoFormat = shown.length > 0 && typeof args[0] !== 'string';
    return hasNoFormat ? format('%s', ...shown) : format(...shown);
  } catch (error) {
    return String(error);
  }
}

/** A value that runs no code of the program's when it is made into a text. */
function withoutCode(value: unknown): unknown {
  const isObject = typeof value === 'object' || typeof value === 'function';
  return isObject ? inspect(value, WITHOUT_CODE) : value;
}
