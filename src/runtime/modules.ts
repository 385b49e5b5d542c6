import diagnostics from 'node:diagnostics_channel';
import Module from 'node:module';
import { relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { beginOperation, type Operation } from './operation.js';
import type { SourceContext } from './source.js';
import { whenStarted } from './startup.js';
import { Undo } from './undo.js';

const CATEGORY = 'modules';
/** The program is taken to be started by then. */
const STARTUP_MS = 5000;
/** What is required that quickly was loaded before. */
const SHORTEST_MS = 0.1;
const REQUIRE = 'tracing:module.require';
const IMPORT = 'tracing:module.import';

/** The loading of modules, until the program has started. */
export function traceModules({ tracer }: SourceContext): Disposable {
  const undo = new Undo();
  const loading = new Undo();
  undo.add(() => loading[Symbol.dispose]());
  const starts: number[] = [];
  const begin = () => {
    starts.push(performance.now());
  };
  const end = (id: string) => {
    const start = starts.pop();
    if (start === undefined) return;
    const duration = performance.now() - start;
    if (duration < SHORTEST_MS) return;
    tracer.complete(`require ${shorten(id)}`, start, duration, CATEGORY);
  };

  if (hasChannels()) {
    loading.subscribe(`${REQUIRE}:start`, begin);
    loading.subscribe(`${REQUIRE}:end`, ({ id }: { id: string }) => end(id));
  } else {
    loading.replace(Module as never, '_load', (original) => {
      return function (this: unknown, ...args) {
        begin();
        try {
          return original.apply(this, args);
        } finally {
          end(String(args[0]));
        }
      };
    });
  }

  const imports = new WeakMap<object, Operation>();
  loading.subscribe(`${IMPORT}:start`, (message: { url: unknown }) => {
    const operation = beginOperation(tracer, `import ${shorten(message.url)}`, CATEGORY);
    if (operation !== undefined) imports.set(message, operation);
  });
  // Also of those that end later, as the main module does that answers requests.
  undo.subscribe(`${IMPORT}:asyncEnd`, (message: object) => imports.get(message)?.finish());

  const stop = () => loading[Symbol.dispose]();
  const timer = setTimeout(stop, STARTUP_MS);
  timer.unref();
  loading.add(() => clearTimeout(timer));
  loading.add(whenStarted(stop));
  return undo;
}

/** Node has them from version 22 on: there they are from its start. */
function hasChannels(): boolean {
  const [major = 0] = process.versions.node.split('.').map(Number);
  return major >= 22 && diagnostics.tracingChannel !== undefined;
}

/** Files of the program are called by where they are in it. */
function shorten(module: unknown): string {
  const specifier = String(module);
  const path = specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier;
  return path.startsWith(process.cwd()) ? relative(process.cwd(), path) : path;
}
