import process from 'node:process';
import { atomics } from '../../intrinsics/language.js';
import type { Arena } from '../arena/arena.js';
import { SLOT_REPORTED } from '../arena/layout.js';

export type Warn = (code: string, message: string) => void;

/** Warns if no thread has warned of the same in this trace. Never throws. */
export function reportOnce(
  arena: Arena,
  bit: number,
  code: string,
  message: string,
  warn: Warn = emitWarning,
): void {
  // One atomic step: of two threads that come at once, only one sees the bit unset.
  if ((atomics.or(arena.int32, SLOT_REPORTED, bit) & bit) === 0) warn(code, message);
}

export function emitWarning(code: string, message: string): void {
  try {
    process.emitWarning(message, { type: 'TracelaneWarning', code });
  } catch {
    // The program has replaced emitWarning by something that throws. stats() still counts.
  }
}
