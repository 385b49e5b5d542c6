import { OwnMap, OwnSet } from '../intrinsics/language.js';

/**
 * Phases that viewers read. `I` is the older spelling of `i`, the only one that DevTools draws;
 * `R`, a mark, is an instant, too.
 */
const READ: ReadonlySet<unknown> = lettersOf('BEXiIRbnestfCM');

/** Phases of the format that Perfetto passes over, and DevTools with it, but for {@link isOfProfile}. */
const IGNORED: ReadonlySet<unknown> = lettersOf('STFpPNODvVc()');

const INSTANTS: ReadonlySet<unknown> = lettersOf('iI');
const SCOPES: ReadonlySet<unknown> = lettersOf('tpg');
const ASYNC: ReadonlySet<unknown> = lettersOf('bne');
const FLOW: ReadonlySet<unknown> = lettersOf('stf');
const SLICE: ReadonlySet<unknown> = lettersOf('XBE');

/** Phases of async events as older tools write them, and what these are today. */
const OLD_ASYNC: ReadonlyMap<unknown, 'b' | 'n' | 'e'> = new OwnMap<unknown, 'b' | 'n' | 'e'>()
  .set('S', 'b')
  .set('T', 'n')
  .set('p', 'n')
  .set('F', 'e');

function lettersOf(text: string): ReadonlySet<unknown> {
  const letters = new OwnSet<unknown>();
  for (const letter of text) letters.add(letter);
  return letters;
}

/** An event with the phase that is read: of a longer text the first letter, as Perfetto does. */
export function withPhase<T extends { readonly ph?: unknown }>(event: T): T {
  const { ph } = event;
  return typeof ph === 'string' && ph.length > 1 ? { ...event, ph: ph.charAt(0) } : event;
}

/** A phase of the format, drawn or not. */
export function isPhase(ph: unknown): ph is string {
  return READ.has(ph) || IGNORED.has(ph);
}

export function isIgnoredPhase(ph: unknown): boolean {
  return IGNORED.has(ph);
}

/** An event of a CPU profile of V8's, by which Perfetto and DevTools draw its samples. */
export function isOfProfile({
  ph,
  name,
}: {
  readonly ph?: unknown;
  readonly name?: unknown;
}): boolean {
  return ph === 'P' && (name === 'Profile' || name === 'ProfileChunk');
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

/** An event of a phase by which older tools write async events. */
export function isOldAsync(ph: unknown): boolean {
  return OLD_ASYNC.has(ph);
}

/** Two fields by which an event of the phase `T` is told apart. */
interface Phased {
  readonly ph?: unknown;
  readonly dur?: unknown;
}

/** The state of a thread, which only Perfetto reads: of the phase `T` like an old async event. */
export function isThreadState({ ph, dur }: Phased): boolean {
  return ph === 'T' && dur !== undefined;
}

/**
 * The phase that stands today for an async event as older tools write it; undefined for all other
 * events.
 */
export function renewedAsync(event: Phased): 'b' | 'n' | 'e' | undefined {
  return isThreadState(event) ? undefined : OLD_ASYNC.get(event.ph);
}

/** A slice of a thread's track, or one end of it. */
export function isSlice(ph: unknown): boolean {
  return SLICE.has(ph);
}

/** Start, step and end of a flow. */
export function isFlow(ph: unknown): boolean {
  return FLOW.has(ph);
}
