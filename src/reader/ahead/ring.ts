import { BATCH_BYTES } from '../source/event-batch.js';

/** Room for the text of the events in a slot. */
export const SLOT_BYTES = 512 * 1024;

/** Room for the events of one message. */
export interface Slot {
  readonly columns: SharedArrayBuffer;
  readonly bytes: SharedArrayBuffer;
}

/** Memory that both threads share. The slots are used one after the other, again and again. */
export interface Ring {
  readonly slots: readonly Slot[];
  /** How many messages were taken. */
  readonly taken: Int32Array;
}

export function createRing(slots: number): Ring {
  const empty = Array.from({ length: slots }, () => ({
    columns: new SharedArrayBuffer(BATCH_BYTES),
    bytes: new SharedArrayBuffer(SLOT_BYTES),
  }));
  return {
    slots: empty,
    taken: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
  };
}

/** Waits until the slot of the message of that number is free. */
export function waitForSlot({ slots, taken }: Ring, message: number): void {
  for (;;) {
    const known = Atomics.load(taken, 0);
    if (message - known < slots.length) return;
    Atomics.wait(taken, 0, known);
  }
}

/** Whether it is free now. */
export function isSlotFree({ slots, taken }: Ring, message: number): boolean {
  return message - Atomics.load(taken, 0) < slots.length;
}

/** Frees the slot of the message that was taken. */
export function freeSlot({ taken }: Ring): void {
  Atomics.add(taken, 0, 1);
  Atomics.notify(taken, 0);
}
