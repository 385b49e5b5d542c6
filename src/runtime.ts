// What `using` is declared by, whatever libraries a program's compiler is told to use.
/// <reference lib="esnext.disposable" preserve="true" />
export type { RuntimeOptions } from './runtime/settings.js';
export { traceRuntime } from './runtime/trace-runtime.js';
