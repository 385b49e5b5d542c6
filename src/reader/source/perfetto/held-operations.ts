import { OWN_CATEGORY } from '../../../trace-event/lineage.js';
import { SLICE_BEGIN, SLICE_END } from '../../../trace-event/perfetto.js';
import { CLOSE_ARGS, type EventDetails, type EventRows, scopeOf } from './event-rows.js';
import type { OperationTexts } from './operation-texts.js';
import type { Place, Track } from './track.js';
import type { Tracks } from './tracks.js';

const [B, E, I, b, e, n] = Buffer.from('BEiben');

/** With so many steps, or bytes of arguments, what is held is written, in the order that is known by then. */
const MAX_HELD = 65_536;
const MAX_BYTES = 32 * 1024 * 1024;
/** Of what is held of a thread; sequences have 32 bits. */
const HELD_SEQUENCE = 2 ** 32;

/** A begin or an end of an operation, or a moment of one, that is not written yet. */
export interface HeldStep {
  /** Of `TrackEvent.Type`. */
  readonly type: number;
  /** Nanoseconds. */
  readonly time: number;
  /** The track of its packets. */
  readonly teller: Track;
  /** Numbers of the table of all texts. */
  readonly name: number;
  readonly category: number;
  /** Where its packet begins. */
  readonly offset: number;
  /** The JSON of its arguments, as far as that is wanted. */
  readonly args: Buffer | undefined;
}

/**
 * Operations, as other tools write them: each thread writes its packets when it likes, and of what
 * happened earlier, too, so an end may stand before its begin. What belongs together is known when all
 * that is on a track is sorted by time. And what the track is may be told behind its events: those that
 * turn out to be of a thread were held for no other reason.
 */
export class HeldOperations {
  readonly #steps = new Map<Track, HeldStep[]>();
  #count = 0;
  #bytes = 0;

  /** Too much is held. */
  get isFull(): boolean {
    return this.#count >= MAX_HELD || this.#bytes >= MAX_BYTES;
  }

  hold(track: Track, step: HeldStep): void {
    const steps = this.#steps.get(track);
    if (steps === undefined) this.#steps.set(track, [step]);
    else steps.push(step);
    this.#count++;
    this.#bytes += step.args?.length ?? 0;
  }

  /** Writes all of them, those of each track in the order of time, and then of the file. */
  write(rows: EventRows, texts: OperationTexts, tracks: Tracks): void {
    const { offset } = rows;
    for (const [track, steps] of this.#steps) {
      for (const step of steps.sort((a, b) => a.time - b.time)) {
        rows.offset = step.offset;
        const place = tracks.placeToldBy(step.teller, track);
        const isOfThread = place.role === 'thread';
        const isWanted = isOfThread
          ? beginOfThread(rows, track, place, step)
          : begin(rows, texts, track, place, step);
        if (!isWanted) continue;
        if (step.args !== undefined) rows.out.add(step.args);
        rows.out.add(CLOSE_ARGS);
      }
    }
    rows.close();
    rows.offset = offset;
    this.#steps.clear();
    this.#count = 0;
    this.#bytes = 0;
  }
}

/** Begins the row of a step; false if nobody wants it. */
function begin(
  rows: EventRows,
  texts: OperationTexts,
  track: Track,
  place: Place,
  step: HeldStep,
): boolean {
  const { type, time } = step;
  const details = operationOf(track);
  if (type === SLICE_BEGIN) {
    const { name, drawn } = texts.begin(track, step);
    return beginAs(rows, b, place, step, name, drawn, details);
  }
  if (type === SLICE_END) {
    const { name, drawn } = texts.end(track, step);
    return rows.begin(e, place, time, name, drawn, details);
  }
  const inside = track.innermost;
  if (inside === undefined) {
    return rows.begin(I, place, time, step.name, step.category, scopeOf(place));
  }
  return beginAs(rows, n, place, step, step.name, inside.drawn, details);
}

/** Begins a row of another category than the step's, if need be: that stands among the arguments then. */
function beginAs(
  rows: EventRows,
  phase: number,
  place: Place,
  { time, category, args }: HeldStep,
  name: number,
  drawn: number,
  details: EventDetails,
): boolean {
  if (!rows.begin(phase, place, time, name, drawn, details)) return false;
  if (category !== drawn && category !== rows.none) {
    const own = `"${OWN_CATEGORY}":${JSON.stringify(rows.strings.texts[category])}`;
    rows.out.addText(args === undefined ? own : `${own},`);
  }
  return true;
}

function beginOfThread(rows: EventRows, track: Track, place: Place, step: HeldStep): boolean {
  const { type, time, name, category } = step;
  const slices = track.slicesOf(HELD_SEQUENCE);
  if (type === SLICE_END) return rows.begin(E, place, slices.end(time), name, category);
  const at = slices.of(time);
  if (type !== SLICE_BEGIN) return rows.begin(I, place, at, name, category, scopeOf(place));
  slices.begin(at);
  return rows.begin(B, place, at, name, category);
}

/** What events of an operation have besides. */
export function operationOf(track: Track): EventDetails {
  track.id ??= idOf(track);
  return { id: track.id };
}

/** Machines may have tracks of one id. */
function idOf({ uuid, machine }: Track): string {
  const digits = BigInt(uuid).toString(16);
  return machine === 0 ? digits : machine.toString(16) + digits.padStart(16, '0');
}
