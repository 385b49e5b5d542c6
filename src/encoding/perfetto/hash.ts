/** 64 bits, in two halves. */
export interface Hash {
  readonly high: number;
  readonly low: number;
}

const NO_SALT: Hash = { high: 0x9e3779b9, low: 0x7f4a7c15 };

/** Bits of a text or a number that look random: others for each and for each salt, as good as surely. */
export function hash(of: string | number, { high, low }: Hash = NO_SALT): Hash {
  let a = high;
  let b = low;
  const isNumber = typeof of === 'number';
  const length = isNumber ? 2 : of.length;
  for (let i = 0; i < length; i++) {
    const code = isNumber ? (i === 0 ? of | 0 : Math.floor(of / 2 ** 32)) : of.charCodeAt(i);
    a = Math.imul(a ^ code, 0x85ebca6b);
    b = Math.imul(b ^ code, 0xc2b2ae35);
    a ^= b >>> 15;
    b ^= a >>> 13;
  }
  a = Math.imul(a ^ (b >>> 16), 0x27d4eb2f);
  b = Math.imul(b ^ (a >>> 15), 0x165667b1);
  return { high: (a ^ (b >>> 13)) >>> 0, low: (b ^ (a >>> 16)) >>> 0 };
}
