import { checkTracer } from '../recorder/api/given-tracer.js';
import { getGlobalTracer } from '../recorder/api/global-tracer.js';
import type { Tracer } from '../recorder/api/tracer.js';
import { emitWarning } from '../recorder/record/report.js';
import { type RuntimeOptions, resolveSettings } from './settings.js';
import { chooseSources, SOURCES } from './sources.js';
import { Undo } from './undo.js';

/**
 * Records what this thread does by itself, requests, garbage collections, the event loop and more,
 * into a tracer. What it gives back ends that, and leaves nothing patched behind.
 *
 * ```ts
 * const tracer = new Tracer('trace.json').start();
 * setGlobalTracer(tracer);
 * using _runtime = traceRuntime(tracer);
 * ```
 *
 * Worker threads and child processes call it themselves.
 *
 * @param tracer Default: the global one.
 * @throws {TraceError} TRACELANE_BAD_OPTION; TRACELANE_BAD_CALL where it is given no tracer.
 */
export function traceRuntime(
  tracer: Tracer = getGlobalTracer(),
  options: RuntimeOptions = {},
): Disposable {
  checkTracer(tracer, 'traceRuntime()');
  const settings = resolveSettings(options);
  const undo = new Undo();
  for (const name of chooseSources(options)) {
    try {
      const source = SOURCES[name].start({ tracer, settings });
      undo.add(() => source[Symbol.dispose]());
    } catch (error) {
      // The others are recorded all the same.
      emitWarning(
        'TRACELANE_NO_SOURCE',
        `The source '${name}' cannot be recorded here: ${String(error)}. Leave it out by ` +
          `sources: '-${name}'.`,
      );
    }
  }
  return undo;
}
