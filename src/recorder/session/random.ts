import { randomBytes } from 'node:crypto';

// Of the system: programs seed Math.random, or put a constant in its place, and what is named by it
// would then be called as another's is, or could be foreseen.

/** A whole number of 32 random bits. */
export function random32(): number {
  const [a, b, c, d] = randomBytes(4) as unknown as [number, number, number, number];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** The same as eight hexadecimal digits. */
export function randomHex(): string {
  return random32().toString(16).padStart(8, '0');
}
