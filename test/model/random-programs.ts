import process from 'node:process';
import { generate } from './generate.js';
import type { Program } from './program.js';

/** Runs the program of one seed alone. */
const SEED = process.env['TRACELANE_SEED'];
const SEEDS = 2 ** 31;

/** Programs of random seeds, one behind the other; how many, the environment may say. */
export function* randomPrograms(
  format: 'json' | 'perfetto',
  count: number,
): Generator<Program, void, undefined> {
  const first = SEED === undefined ? Math.floor(Math.random() * SEEDS) : Number(SEED);
  const wanted = SEED === undefined ? Number(process.env['TRACELANE_PROGRAMS'] ?? count) : 1;
  for (let i = 0; i < wanted; i++) {
    const program = generate((first + i) % SEEDS);
    yield { ...program, options: { ...program.options, format } };
  }
}
