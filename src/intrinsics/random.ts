import { closeSync, openSync, readSync } from 'node:fs';
import process from 'node:process';

// From the system, and not from Math.random: programs seed that, or replace it by a constant. Names made
// of it could then be foreseen, or be the same twice.

const { getBuiltinModule } = process;
const DIGITS = '0123456789abcdef';

/**
 * Random bytes. Asks the system itself where it can: `node:crypto` takes 7 ms to load, of every program
 * that is traced.
 */
function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  try {
    const device = openSync('/dev/urandom', 'r');
    try {
      if (readSync(device, bytes) === count) return bytes;
    } finally {
      closeSync(device);
    }
  } catch {
    // Windows has no such file, and the permission model may not let it be read.
  }
  return getBuiltinModule('node:crypto').randomBytes(count);
}

/** A whole number of 32 random bits. */
export function random32(): number {
  const [a, b, c, d] = randomBytes(4) as unknown as [number, number, number, number];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** Random bytes as hexadecimal digits, two for each. */
export function randomHex(bytes: number): string {
  const random = randomBytes(bytes);
  let hex = '';
  for (let at = 0; at < bytes; at++) {
    const byte = random[at] as number;
    hex += `${DIGITS[byte >> 4]}${DIGITS[byte & 15]}`;
  }
  return hex;
}
