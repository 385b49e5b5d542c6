import type { TrackFacts } from '../../wire/questions.js';

/** A track as it stands in the list: only tracks that are to be seen have a row. */
export interface Row {
  readonly facts: TrackFacts;
  /** What the track is called in links: the same in another version of the trace. */
  readonly key: string;
  readonly depth: number;
  readonly isOpen: boolean;
  /** Whether opening and closing it changes anything. */
  readonly opens: boolean;
  readonly isPinned: boolean;
  readonly top: number;
  readonly height: number;
  /** Which of its lanes are to be seen, from the top; all of them, where it is not given. */
  readonly lanes: readonly number[] | undefined;
  /** How high each of its lanes is. */
  readonly laneHeight: number;
  /** Among the rows under the same parent: from 1 on. */
  readonly place: number;
  readonly siblings: number;
}

export interface Rows {
  readonly pinned: readonly Row[];
  readonly pinnedHeight: number;
  readonly rows: readonly Row[];
  readonly height: number;
}

export const LANE = 18;
/** Space above the lanes of a track, and below. */
export const PAD = 3;
const HEADER = 24;
const COUNTER = 46;
/** The lanes of a track that is closed have no more room together, whatever their number. */
const CLOSED = 54;
/** A track with more lanes is closed until someone opens it. */
const MANY_LANES = 40;

/** Which tracks there are, and what the user has done to them. */
export class TrackList {
  /** Opened and closed ones, where that is not what they are by themselves. */
  readonly toggled = new Set<string>();
  readonly hidden = new Set<string>();
  readonly pinned = new Set<string>();
  /** Where a track was moved to among its siblings. */
  readonly places = new Map<string, number>();
  filter = '';
  /** Only these lanes of these tracks, and what they lie under, where it is given. */
  only: ReadonlyMap<number, readonly number[]> | undefined;
  #tracks: readonly TrackFacts[] = [];
  #keys = new Map<number, string>();
  #children = new Map<number, TrackFacts[]>();
  #byNumber = new Map<number, TrackFacts>();

  set tracks(tracks: readonly TrackFacts[]) {
    this.#tracks = tracks;
    this.#byNumber = new Map(tracks.map((facts) => [facts.track, facts]));
    this.#keys = new Map();
    this.#children = new Map();
    const taken = new Set<string>();
    for (const facts of tracks) {
      const { track, parent, kind, name, note } = facts;
      const siblings = this.#children.get(parent);
      if (siblings) siblings.push(facts);
      else this.#children.set(parent, [facts]);
      const path = [this.#keys.get(parent) ?? '', kind, name, note].join('\0');
      let key = shortHash(path);
      for (let i = 2; taken.has(key); i++) key = shortHash(`${path}\0${i}`);
      taken.add(key);
      this.#keys.set(track, key);
    }
  }

  facts(track: number): TrackFacts | undefined {
    return this.#byNumber.get(track);
  }

  /** What each track is called in links. */
  get keys(): ReadonlyMap<number, string> {
    return this.#keys;
  }

  key(track: number): string {
    return this.#keys.get(track) ?? '';
  }

  /** The numbers of a track and of all that lies under it. */
  under(track: number): number[] {
    const below = this.#children.get(track) ?? [];
    return [track, ...below.flatMap((facts) => this.under(facts.track))];
  }

  /** From the outermost that a track lies under to itself. */
  path(track: number): TrackFacts[] {
    const path: TrackFacts[] = [];
    for (let at = this.facts(track); at !== undefined; at = this.facts(at.parent)) path.unshift(at);
    return path;
  }

  isOpen(facts: TrackFacts): boolean {
    if (this.toggled.has(this.key(facts.track))) return facts.lanes > MANY_LANES;
    return (this.#lanesOf(facts)?.length ?? facts.lanes) <= MANY_LANES;
  }

  /** Opens a track and all that it lies under, so that it has a row, and its lanes have names. */
  reveal(track: number, lane = 0): void {
    if (this.only?.get(track)?.includes(lane) !== true) this.only = undefined;
    for (const facts of this.path(track)) {
      const key = this.key(facts.track);
      this.hidden.delete(key);
      if (!this.isOpen(facts)) toggle(this.toggled, key);
    }
    if (this.filter !== '' && !this.#matches(track)) this.filter = '';
  }

  /** Moves a track among its siblings, by so many places. */
  move(track: number, by: number): void {
    const facts = this.facts(track);
    if (facts === undefined) return;
    const siblings = this.#ordered(facts.parent);
    // What is hidden, or left out by a filter, keeps its place, too.
    const shown = siblings.filter((one) => this.#isShown(one));
    const from = shown.indexOf(facts);
    const other = shown[Math.min(Math.max(from + by, 0), shown.length - 1)];
    if (from < 0 || other === undefined) return;
    const to = siblings.indexOf(other);
    siblings.splice(to, 0, ...siblings.splice(siblings.indexOf(facts), 1));
    for (const [place, one] of siblings.entries()) this.places.set(this.key(one.track), place);
  }

  /** Where those stand that do not stand where they did by themselves, by their keys. */
  get moved(): [key: string, place: number][] {
    const moved: [string, number][] = [];
    for (const siblings of this.#children.values()) {
      for (const [index, { track }] of siblings.entries()) {
        const place = this.places.get(this.key(track));
        if (place !== undefined && place !== index) moved.push([this.key(track), place]);
      }
    }
    return moved;
  }

  /** @param room How high those that are pinned may be together: all else has to be seen, too. */
  rows(room = Number.POSITIVE_INFINITY): Rows {
    const rows: Row[] = [];
    const height = this.#collect(-1, 0, 0, rows);
    const pinned: Row[] = [];
    let pinnedHeight = 0;
    for (const facts of this.#tracks) {
      if (!this.pinned.has(this.key(facts.track))) continue;
      const row = this.#row(facts, 0, pinnedHeight, pinned.length + 1, this.pinned.size);
      const lanes = row.lanes?.length ?? facts.lanes;
      const fits = pinnedHeight + row.height <= room;
      const size = fits ? {} : heightOf(facts, lanes, false);
      const { height } = { ...row, ...size };
      // What has no room even with all its lanes squeezed is found in its own place only.
      if (pinned.length > 0 && pinnedHeight + height > room) continue;
      pinned.push({ ...row, ...size, isPinned: true });
      pinnedHeight += height;
    }
    return { rows, height, pinned, pinnedHeight };
  }

  #collect(parent: number, depth: number, top: number, rows: Row[]): number {
    let bottom = top;
    const shown = this.#ordered(parent).filter((facts) => this.#isShown(facts));
    for (const [index, facts] of shown.entries()) {
      const row = this.#row(facts, depth, bottom, index + 1, shown.length);
      rows.push(row);
      bottom += row.height;
      if (row.isOpen) bottom = this.#collect(facts.track, depth + 1, bottom, rows);
    }
    return bottom;
  }

  #row(facts: TrackFacts, depth: number, top: number, place: number, siblings: number): Row {
    const key = this.key(facts.track);
    const isOpen = this.isOpen(facts);
    const lanes = this.#lanesOf(facts);
    const { height, laneHeight } = heightOf(facts, lanes?.length ?? facts.lanes, isOpen);
    return {
      ...{ facts, key, depth, isOpen, top, height, lanes, laneHeight, place, siblings },
      opens: facts.lanes > 1 || this.#children.has(facts.track),
      isPinned: false,
    };
  }

  /** Those that are left in the track; undefined for all. */
  #lanesOf({ track }: TrackFacts): readonly number[] | undefined {
    return this.only && (this.only.get(track) ?? []);
  }

  #ordered(parent: number): TrackFacts[] {
    const place = ({ track }: TrackFacts, index: number) =>
      this.places.get(this.key(track)) ?? index;
    return (this.#children.get(parent) ?? [])
      .map((facts, index) => ({ facts, at: place(facts, index) }))
      .sort((a, b) => a.at - b.at)
      .map(({ facts }) => facts);
  }

  #isShown({ track }: TrackFacts): boolean {
    if (this.hidden.has(this.key(track))) return false;
    if (this.only !== undefined && !this.under(track).some((one) => this.only?.has(one)))
      return false;
    return this.filter === '' || this.#matches(track);
  }

  /** Whether the filter names a track, or what it lies under, or something that lies under it. */
  #matches(track: number): boolean {
    const wanted = this.filter.toLowerCase();
    const fits = (facts: TrackFacts | undefined) =>
      facts !== undefined && `${facts.name} ${facts.note}`.toLowerCase().includes(wanted);
    return this.path(track).some(fits) || this.under(track).some((one) => fits(this.facts(one)));
  }
}

export function toggle<Value>(set: Set<Value>, value: Value): void {
  if (!set.delete(value)) set.add(value);
}

function heightOf(
  { kind }: TrackFacts,
  laneCount: number,
  isOpen: boolean,
): { height: number; laneHeight: number } {
  if (kind === 'process') return { height: HEADER, laneHeight: 0 };
  if (kind === 'counter') return { height: COUNTER, laneHeight: 0 };
  const lanes = Math.max(laneCount, 1);
  const closed = Math.min(Math.max(lanes * 1.5, LANE), CLOSED) / lanes;
  const laneHeight = isOpen || lanes === 1 ? LANE : closed;
  return { height: Math.round(lanes * laneHeight) + 2 * PAD, laneHeight };
}

export function lanesIn({ lanes, facts }: Row): number {
  return lanes?.length ?? facts.lanes;
}

/** The lane that stands at a place in its row, from the top. */
export function laneAt({ lanes }: Row, place: number): number | undefined {
  return lanes === undefined ? place : lanes[place];
}

/** Where a lane stands in its row, from the top; undefined where it is not to be seen. */
export function placeOf({ lanes }: Row, lane: number): number | undefined {
  if (lanes === undefined) return lane;
  const place = lanes.indexOf(lane);
  return place < 0 ? undefined : place;
}

/** The row at a height, by binary search. */
export function rowAt(rows: readonly Row[], y: number): Row | undefined {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { top, height } = rows[middle] as Row;
    if (top + height > y) high = middle;
    else low = middle + 1;
  }
  const row = rows[low];
  return row !== undefined && row.top <= y ? row : undefined;
}

/** The rows of which some part is on the screen. */
export function visibleRows(rows: Rows, scrollTop: number, height: number): Row[] {
  const end = scrollTop + height - rows.pinnedHeight;
  return rows.rows.filter((row) => row.top < end && row.top + row.height > scrollTop);
}

/** Six letters and digits for a text. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36).padStart(6, '0').slice(-6);
}
