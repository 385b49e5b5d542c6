import type { Session } from '../session.js';
import { lengthOf, moved, zoomed } from '../viewport/view.js';

/** How fast a held key is, per millisecond: parts of the view, and of its length as a power of e. */
const SPEED = 0.0009;
const ZOOM = 0.0028;
/** How many milliseconds it takes to get to that speed, and to a stop. */
const DAMPING = 70;
/** A key counts as held for so long, however short it was touched. */
const TAP = 90;

interface Held {
  readonly speed: number;
  readonly since: number;
  isReleased: boolean;
}

const WAYS = new Map([
  ['KeyA', { pan: -1, zoom: 0 }],
  ['KeyD', { pan: 1, zoom: 0 }],
  ['KeyW', { pan: 0, zoom: -1 }],
  ['KeyS', { pan: 0, zoom: 1 }],
]);

/** Moves as long as a key is held, and comes softly to a stop. */
export class Motion {
  readonly #session: Session;
  readonly #held = new Map<string, Held>();
  #pan = 0;
  #zoom = 0;
  #last = 0;
  #frame = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Whether the key is one of these. */
  press({ code, shiftKey }: KeyboardEvent): boolean {
    if (!WAYS.has(code)) return false;
    const now = performance.now();
    const { since } = this.#held.get(code) ?? { since: now };
    this.#held.set(code, { speed: shiftKey ? 3 : 1, since, isReleased: false });
    if (this.#frame === 0) {
      this.#last = now;
      this.#frame = requestAnimationFrame((next) => this.#step(next));
    }
    return true;
  }

  release({ code }: KeyboardEvent): void {
    const held = this.#held.get(code);
    if (held) held.isReleased = true;
  }

  stop(): void {
    this.#held.clear();
  }

  #step(now: number): void {
    const passed = Math.min(Math.max(now - this.#last, 1), 50);
    this.#last = now;
    let [pan, zoom] = [0, 0];
    for (const [code, { speed, since, isReleased }] of this.#held) {
      const way = WAYS.get(code);
      if (isReleased && now - since > TAP) this.#held.delete(code);
      pan += (way?.pan ?? 0) * speed;
      zoom += (way?.zoom ?? 0) * speed;
    }
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const part = isCalm ? 1 : 1 - Math.exp(-passed / DAMPING);
    this.#pan += (pan - this.#pan) * part;
    this.#zoom += (zoom - this.#zoom) * part;
    const session = this.#session;
    const factor = Math.exp(this.#zoom * ZOOM * passed);
    const view = zoomed(session.view, session.limits, middleOf(session), factor);
    session.setView(moved(view, session.limits, this.#pan * SPEED * passed * lengthOf(view)));
    const isMoving = this.#held.size > 0 || Math.abs(this.#pan) + Math.abs(this.#zoom) > 0.02;
    this.#frame = isMoving ? requestAnimationFrame((next) => this.#step(next)) : 0;
    if (!isMoving) this.#pan = this.#zoom = 0;
  }
}

/** Where keys zoom: at the mouse if it is on the picture. */
export function middleOf({ cursor, slice, view }: Session): number {
  if (cursor !== undefined) return cursor;
  if (slice && slice.start >= view.from && slice.start <= view.to) return slice.start;
  return (view.from + view.to) / 2;
}
