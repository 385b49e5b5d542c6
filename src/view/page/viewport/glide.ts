import type { View } from './view.js';

/** How many milliseconds it takes to get to another view. */
const LASTS = 160;

/** Goes from one view to another in a few frames, so that the eye can follow. */
export class Glide {
  #frame = 0;

  /** @param show Is called with each view in between, and with the last one. */
  start(from: View, to: View, show: (view: View) => void): void {
    this.stop();
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      show(to);
      return;
    }
    const start = performance.now();
    const step = (now: number) => {
      const part = Math.min(Math.max((now - start) / LASTS, 0), 1);
      const eased = 1 - (1 - part) ** 3;
      const between = (a: number, b: number) => a + (b - a) * eased;
      show(part === 1 ? to : { from: between(from.from, to.from), to: between(from.to, to.to) });
      if (part < 1) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
  }
}
