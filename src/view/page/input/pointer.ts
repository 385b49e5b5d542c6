import { rowUnder, sliceUnder, snapped, tracksBetween } from '../picture/hit.js';
import type { Session } from '../session.js';
import { lengthOf, moved, timeAt, type View, xAt, zoomed } from '../viewport/view.js';

/** How far the mouse moves, in pixels, until a click is a drag. */
const DRAG = 4;
/** How close to an edge of the range a drag moves that edge. */
const EDGE = 5;

interface Place {
  readonly x: number;
  readonly y: number;
}

/** What is being done between the press of a button and its release. */
type Gesture = (to: Place) => void;

export interface PointerTarget {
  /** Whether a drag selects tracks, or all of them. */
  readonly hasTracks: boolean;
}

/**
 * The mouse and fingers on the picture or the ruler. A drag selects a range; with Shift or the middle
 * button it moves the picture. One finger moves, two zoom. Returns what ends it.
 */
export function listenToPointer(
  element: HTMLElement,
  session: Session,
  target: PointerTarget,
): () => void {
  const fingers = new Map<number, Place>();
  let gesture: Gesture | undefined;
  let pressed: Place | undefined;
  let isDragged = false;

  const placeOf = (event: MouseEvent): Place => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };

  const down = (event: PointerEvent) => {
    if (event.button === 2) return;
    const place = placeOf(event);
    element.setPointerCapture(event.pointerId);
    pressed = place;
    isDragged = false;
    if (event.pointerType === 'touch') {
      fingers.set(event.pointerId, place);
      gesture = undefined;
      if (fingers.size > 1) isDragged = true;
      return;
    }
    if (event.button === 1) event.preventDefault();
    gesture =
      event.button === 1 || event.shiftKey
        ? movePicture(session, place)
        : selectRange(session, target, place);
  };

  const move = (event: PointerEvent) => {
    const place = placeOf(event);
    const before = fingers.get(event.pointerId);
    if (before !== undefined) {
      fingers.set(event.pointerId, place);
      if (pressed && distance(pressed, place) > 2 * DRAG) isDragged = true;
      if (isDragged) moveFinger(session, fingers, event.pointerId, before, place);
      return;
    }
    if (pressed !== undefined && !isDragged) isDragged = distance(pressed, place) > DRAG;
    if (gesture !== undefined && isDragged) gesture(place);
    hover(place);
  };

  const hover = (place: Place) => {
    session.pointer = { ...place, hovers: target.hasTracks && !isDragged };
    element.style.cursor = onEdge(session, place) ? 'ew-resize' : '';
    session.draw();
  };

  const up = (event: PointerEvent) => {
    fingers.delete(event.pointerId);
    const place = placeOf(event);
    if (pressed !== undefined && !isDragged && target.hasTracks) click(session, place);
    if (fingers.size === 0) pressed = undefined;
    gesture = undefined;
    isDragged = fingers.size > 0;
  };

  const leave = () => {
    session.pointer = undefined;
    session.draw();
  };

  const double = (event: MouseEvent) => {
    const { x, y } = placeOf(event);
    const slice = target.hasTracks ? sliceUnder(session, x, y) : undefined;
    if (slice) void session.select(slice.slice, 'large');
    else session.fit();
  };

  const end = new AbortController();
  const { signal } = end;
  element.addEventListener('pointerdown', down, { signal });
  element.addEventListener('pointermove', move, { signal });
  element.addEventListener('pointerup', up, { signal });
  element.addEventListener('pointercancel', up, { signal });
  element.addEventListener('pointerleave', leave, { signal });
  element.addEventListener('dblclick', double, { signal });
  return () => end.abort();
}

function distance(a: Place, b: Place): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function click(session: Session, { x, y }: Place): void {
  const slice = sliceUnder(session, x, y);
  if (slice) void session.select(slice.slice);
  else if (rowUnder(session, y) === undefined || session.range) session.selectRange(undefined);
}

function movePicture(session: Session, from: Place): Gesture {
  let last = from;
  return (to) => {
    pan(session, last.x - to.x);
    session.scrollBy(last.y - to.y);
    last = to;
  };
}

function pan(session: Session, pixels: number): void {
  const by = (pixels / session.width) * lengthOf(session.view);
  session.setView(moved(session.view, session.limits, by));
}

/** The edge of the range that is close to a place. */
function onEdge({ range, view, width }: Session, { x }: Place): 'from' | 'to' | undefined {
  if (range === undefined) return undefined;
  const near = (time: number) => Math.abs(xAt(view, width, time) - x) <= EDGE;
  return near(range.from) ? 'from' : near(range.to) ? 'to' : undefined;
}

function selectRange(session: Session, target: PointerTarget, from: Place): Gesture {
  const { range } = session;
  const edge = onEdge(session, from);
  const timeOf = ({ x, y }: Place) =>
    target.hasTracks ? snapped(session, x, y) : Math.round(timeAt(session.view, session.width, x));
  const fixed = !range || !edge ? timeOf(from) : edge === 'from' ? range.to : range.from;
  return (to) => {
    const bounded = { x: Math.min(Math.max(to.x, 0), session.width), y: to.y };
    const ends = [fixed, timeOf(bounded)].sort((a, b) => a - b) as [number, number];
    const chosen: View = { from: ends[0], to: Math.max(ends[1], ends[0] + 1) };
    const tracks = edge
      ? range?.tracks
      : target.hasTracks
        ? orAll(tracksBetween(session, from.y, to.y))
        : undefined;
    session.selectRange({ ...chosen, tracks });
  };
}

/** Below the last track only the time can be meant. */
function orAll(tracks: number[]): number[] | undefined {
  return tracks.length === 0 ? undefined : tracks;
}

function moveFinger(
  session: Session,
  fingers: ReadonlyMap<number, Place>,
  finger: number,
  before: Place,
  now: Place,
): void {
  const other = [...fingers].find(([id]) => id !== finger)?.[1];
  if (other === undefined) {
    pan(session, before.x - now.x);
    session.scrollBy(before.y - now.y);
    return;
  }
  const factor =
    Math.max(Math.abs(before.x - other.x), 20) / Math.max(Math.abs(now.x - other.x), 20);
  const middle = timeAt(session.view, session.width, (before.x + other.x) / 2);
  session.setView(zoomed(session.view, session.limits, middle, factor));
  pan(session, (before.x - now.x) / 2);
}
