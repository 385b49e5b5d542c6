import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { checkTracer } from '../recorder/api/given-tracer.js';
import { getGlobalTracer } from '../recorder/api/global-tracer.js';
import type { Tracer } from '../recorder/api/tracer.js';
import { emitWarning } from '../recorder/record/report.js';
import { sharedByCopies } from '../recorder/session/shared-state.js';
import { type RuntimeOptions, resolveSettings } from './settings.js';
import type { SourceContext } from './source.js';
import { chooseSources, SOURCES, type SourceName } from './sources.js';
import { Undo } from './undo.js';

/** A source that is recorded on this thread. */
interface Running {
  readonly source: Disposable;
  /** How many calls want it, and have not ended. */
  users: number;
}

/** What is recorded on this thread into a tracer. */
const running = sharedByCopies(
  'runtime sources',
  () => new WeakMap<Tracer, Map<SourceName, Running>>(),
);

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
 * What is recorded on this thread into that tracer already, by an earlier call or by `tracelane run`, is recorded
 * once, with the options of that call, and until the last call has ended that wants it. Only channels
 * (`channels`) are those of each call.
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
      undo.add(use(name, { tracer, settings }));
    } catch (error) {
      // The others are recorded all the same.
      warnOnce(name, error);
    }
  }
  return undo;
}

/** Threads find under this key which sources those have warned of that they were started by. */
const WARNED = 'tracelane.missing sources';

function warnOnce(name: SourceName, error: unknown): void {
  const warned = (getEnvironmentData(WARNED) ?? []) as unknown as readonly SourceName[];
  if (warned.includes(name)) return;
  setEnvironmentData(WARNED, [...warned, name] as never);
  const reason = error instanceof Error ? error.message : String(error);
  emitWarning(
    'TRACELANE_NO_SOURCE',
    `The source '${name}' cannot be recorded here: ${reason.replace(/\.$/, '')}. Leave it out by ` +
      `sources: '-${name}'.`,
  );
}

/** Has a source recorded. Gives what ends that. */
function use(name: SourceName, context: SourceContext): () => void {
  if (name === 'diagnostics') {
    const source = SOURCES[name].start(context);
    return () => source[Symbol.dispose]();
  }
  const { tracer } = context;
  const all = running.get(tracer) ?? new Map<SourceName, Running>();
  running.set(tracer, all);
  const one = all.get(name) ?? { source: SOURCES[name].start(context), users: 0 };
  all.set(name, one);
  one.users++;
  return () => {
    if (--one.users > 0) return;
    all.delete(name);
    one.source[Symbol.dispose]();
  };
}
