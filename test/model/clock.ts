import { performance } from 'node:perf_hooks';

const readings: number[] = [];
const read = performance.now.bind(performance);

/** From here on, whatever reads performance.now() on this thread is seen to do so. */
Object.defineProperty(performance, 'now', {
  configurable: true,
  writable: true,
  value: () => {
    const now = read();
    readings.push(now);
    return now;
  },
});

/** What performance.now() gave anybody on this thread, in its order. */
export const clockReadings: readonly number[] = readings;

/** Those of before are of no use any more. */
export function forgetReadings(): void {
  readings.length = 0;
}
