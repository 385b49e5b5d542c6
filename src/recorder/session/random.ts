import { randomBytes } from 'node:crypto';

// From the system, and not from Math.random: programs seed that, or replace it by a constant. Names made
// of it could then be foreseen, or be the same twice.

/** A whole number of 32 random bits. */
export function random32(): number {
  const [a, b, c, d] = randomBytes(4) as unknown as [number, number, number, number];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** 32 random bits as eight hexadecimal digits. */
export function randomHex(): string {
  return random32().toString(16).padStart(8, '0');
}
