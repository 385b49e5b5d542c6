/**
 * Phases that viewers read. `I` is the older spelling of `i`, the only one that DevTools draws;
 * `R`, a mark, is an instant, too.
 */
const READ: ReadonlySet<unknown> = new Set('BEXiIRbnestfCM');

/** Phases of the format that Perfetto passes over, and DevTools with it. */
const IGNORED: ReadonlySet<unknown> = new Set('STFpPNODvVc()');

const INSTANTS: ReadonlySet<unknown> = new Set('iI');
const SCOPES: ReadonlySet<unknown> = new Set('tpg');
const ASYNC: ReadonlySet<unknown> = new Set('bne');
const OLD_ASYNC: ReadonlySet<unknown> = new Set('STpF');
const FLOW: ReadonlySet<unknown> = new Set('stf');

/** A phase of the format, drawn or not. */
export function isPhase(ph: unknown): ph is string {
  return READ.has(ph) || IGNORED.has(ph);
}

export function isIgnoredPhase(ph: unknown): boolean {
  return IGNORED.has(ph);
}

/** An instant that has a scope, `s`. */
export function isInstant(ph: unknown): boolean {
  return INSTANTS.has(ph);
}

/** What `s` of an instant can be: thread, process or global. */
export function isScope(s: unknown): s is 't' | 'p' | 'g' {
  return SCOPES.has(s);
}

/** Begin, moment and end of an async operation. */
export function isAsync(ph: unknown): boolean {
  return ASYNC.has(ph);
}

/** The same as older tools write it. */
export function isOldAsync(ph: unknown): boolean {
  return OLD_ASYNC.has(ph);
}

/** Start, step and end of a flow. */
export function isFlow(ph: unknown): boolean {
  return FLOW.has(ph);
}
