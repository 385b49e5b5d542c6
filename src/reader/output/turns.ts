import { setImmediate } from 'node:timers/promises';

/** So long a signal waits at most. */
const TURN_MS = 50;

/**
 * Turns of the event loop, from time to time, in work that does not wait for anything: only in them a program
 * hears of a signal that is to end it.
 */
export class Turns {
  #last = performance.now();

  /** Gives something to wait for, if it is time for that. */
  due(): Promise<void> | undefined {
    if (performance.now() - this.#last < TURN_MS) return undefined;
    return this.#turn();
  }

  async #turn(): Promise<void> {
    await setImmediate();
    this.#last = performance.now();
  }
}

/** Does work that comes in steps, with turns of the event loop between them. */
export async function inTurns(steps: Iterable<void>): Promise<void> {
  const turns = new Turns();
  for (const _ of steps) await turns.due();
}
