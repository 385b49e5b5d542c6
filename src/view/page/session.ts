import type {
  FlowFacts,
  RequestsAnswer,
  SliceDetails,
  SliceFacts,
  TraceClient,
  TraceFacts,
} from '../wire/questions.js';
import { Flag } from '../wire/questions.js';
import { Finder } from './asking/finder.js';
import { Pictures } from './asking/pictures.js';
import { makePalette } from './theme/colors.js';
import { preferredTheme, type Theme } from './theme/inks.js';
import { called } from './time/words.js';
import { placeOf, type Row, type Rows, TrackList } from './tracks/track-list.js';
import { Glide } from './viewport/glide.js';
import { around, lengthOf, limited, showing, timeAt, type View, whole } from './viewport/view.js';

/** A part of the trace that is looked at by its numbers. */
export interface Range extends View {
  /** Undefined: all. */
  readonly tracks: readonly number[] | undefined;
}

export interface Pointer {
  readonly x: number;
  readonly y: number;
  /** Whether there is a slice that it can be on. */
  readonly hovers: boolean;
}

/** A list beside what is selected. */
export type Panel = 'find' | 'requests' | 'list';

/** What of a selected slice comes into the picture. */
type Show = 'as it is' | 'in view' | 'large';

/** How much of the height tracks that are pinned may take. */
const PINNED = 0.6;
/**
 * A trace that is looked at: what is on the screen, what is selected, what was found. Whoever changes
 * something says whether the picture alone is to be drawn anew, or the panels, too.
 */
export class Session {
  readonly client: TraceClient;
  readonly tracks = new TrackList();
  readonly pictures: Pictures;
  facts: TraceFacts;
  limits: View;
  view: View;
  scrollTop = 0;
  /** Of the part in which tracks scroll, in CSS pixels. */
  width = 1;
  height = 1;

  slice: SliceDetails | undefined;
  range: Range | undefined;
  /** The one that the selected one is compared with. */
  compared: Range | undefined;
  /** What belongs to this slice has its colour, the rest is grey. */
  belongingTo: number | undefined;
  hovered: SliceFacts | undefined;
  /** Where the mouse is, over the tracks or over the ruler. */
  pointer: Pointer | undefined;
  marks: number[] = [];
  panel: Panel | undefined;
  readonly finder: Finder;
  requests: RequestsAnswer | undefined;
  theme: Theme = preferredTheme();
  byCategory = false;
  /** Whether times are those of the day. */
  isAbsolute = false;
  isHelpOpen = false;
  /** What went wrong, for a person. */
  problem = '';
  /** Said to those who do not see the picture. */
  said = '';

  #rows: Rows | undefined;
  #frame = 0;
  #needsPanels = false;
  readonly #glide = new Glide();
  #selecting: AbortController | undefined;
  /** What will be selected when its answer is here. */
  #selection: Promise<void> | undefined;
  readonly #listeners = new Set<(withPanels: boolean) => void>();

  constructor(client: TraceClient, facts: TraceFacts) {
    this.client = client;
    this.finder = new Finder(this);
    this.facts = facts;
    this.limits = whole(facts.start, facts.end);
    this.view = this.limits;
    this.tracks.tracks = facts.tracks;
    const colors = makePalette('light').fills.length;
    this.pictures = new Pictures(
      client,
      colors,
      () => this.draw(),
      (error) => this.fail(error),
    );
  }

  /** Calls back in the next frame after each change. */
  onChange(listener: (withPanels: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Something in the picture has changed. */
  draw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const withPanels = this.#needsPanels;
      this.#needsPanels = false;
      for (const listener of this.#listeners) listener(withPanels);
    });
  }

  /** Something in the panels has changed, and maybe in the picture. */
  render(): void {
    this.#needsPanels = true;
    this.draw();
  }

  fail(error: unknown): void {
    if (error instanceof Error && error.name === 'AbortError') return;
    this.problem = error instanceof Error ? error.message : String(error);
    this.render();
  }

  get rows(): Rows {
    this.#rows ??= this.tracks.rows(this.height * PINNED);
    return this.#rows;
  }

  /** The part in which tracks scroll has another size. */
  resize(width: number, height: number): void {
    this.width = Math.max(width, 1);
    this.height = height;
    this.changeTracks();
  }

  /** Tracks were opened, closed, moved, hidden. */
  changeTracks(): void {
    this.#rows = undefined;
    this.render();
  }

  setView(view: View): void {
    this.#glide.stop();
    this.#show(limited(view, this.limits));
  }

  glideTo(view: View): void {
    this.#glide.start(this.view, limited(view, this.limits), (between) => this.#show(between));
  }

  #show(view: View): void {
    this.view = view;
    this.draw();
  }

  /** Selects a slice and shows all about it. */
  select(slice: number, show: Show = 'as it is'): Promise<void> {
    return this.#awaited(this.#select(slice, show));
  }

  /**
   * Does something with the selected slice. Keys can be faster than answers: then it is done with
   * the slice that was asked for last, as soon as that is here.
   */
  whenSelected(does: () => void): void {
    if (this.#selection === undefined) does();
    else void this.#selection.then(() => this.whenSelected(does));
  }

  #awaited(selection: Promise<void>): Promise<void> {
    const awaited = selection.finally(() => {
      if (this.#selection === awaited) this.#selection = undefined;
    });
    this.#selection = awaited;
    return awaited;
  }

  async #select(slice: number, show: Show): Promise<void> {
    this.#selecting?.abort();
    const abort = new AbortController();
    this.#selecting = abort;
    try {
      const details = await this.client.ask<'slice'>({ ask: 'slice', slice }, abort.signal);
      if (abort.signal.aborted) return;
      this.slice = details;
      this.range = undefined;
      this.said = `${called(details.name, 200)} selected`;
      if (show !== 'as it is') this.show(details, show === 'large');
      this.render();
    } catch (error) {
      if (!abort.signal.aborted) this.fail(error);
    }
  }

  /** Moves the picture so that a slice is seen. */
  show(slice: SliceFacts, isLarge: boolean): void {
    this.tracks.reveal(slice.track, slice.lane);
    this.changeTracks();
    this.scrollTo(slice.track, slice.lane);
    const end = slice.duration === null ? this.facts.end : slice.start + slice.duration;
    const view = isLarge
      ? around(slice.start, end, this.limits)
      : showing(this.view, this.limits, slice.start, end);
    // A slice of no pixel is not seen.
    const isTiny = (end - slice.start) / lengthOf(view) < 3 / this.width;
    this.glideTo(
      isTiny ? around(slice.start, Math.max(end, slice.start + 100), this.limits) : view,
    );
  }

  scrollTo(track: number, lane = 0): void {
    if (this.rows.pinned.some(({ facts }) => facts.track === track)) return;
    const row = this.rowOf(track);
    if (row === undefined) return;
    const top = row.top + (placeOf(row, lane) ?? 0) * row.laneHeight;
    const room = this.height - this.rows.pinnedHeight;
    if (top < this.scrollTop + 10) this.scrollTop = Math.max(top - 40, 0);
    else if (top + 30 > this.scrollTop + room) this.scrollTop = Math.max(top - room / 2, 0);
  }

  scrollBy(pixels: number): void {
    this.scrollTop += pixels;
    this.draw();
  }

  rowOf(track: number): Row | undefined {
    return this.rows.rows.find(({ facts }) => facts.track === track);
  }

  /** All of the time. */
  selectAll(): void {
    const { from, to } = this.limits;
    this.selectRange({ from, to, tracks: undefined });
  }

  /** Selects a range, or nothing at all. */
  selectRange(range: Range | undefined): void {
    this.#selecting?.abort();
    // Beside the trace nobody was idle: that would count for how busy threads were.
    const { start, end } = this.facts;
    const from = Math.max(range?.from ?? 0, start);
    const to = Math.min(range?.to ?? 0, Math.max(end, start + 1));
    this.range = range && from < to ? { ...range, from, to } : undefined;
    this.slice = undefined;
    this.render();
  }

  /** Takes back the first of these that is there: the help, the grey, what is selected, the list beside it. */
  escape(): void {
    if (this.isHelpOpen) this.isHelpOpen = false;
    else if (this.belongingTo !== undefined) this.setBelonging(undefined);
    else if (this.slice ?? this.range) this.selectRange(undefined);
    else this.panel = undefined;
    this.render();
  }

  /** The slice before or after the selected one. */
  step(by: 'lane' | 'name', forward: boolean): Promise<void> {
    return this.#awaited(this.#step(by, forward));
  }

  async #step(by: 'lane' | 'name', forward: boolean): Promise<void> {
    const slice = this.slice?.slice;
    if (slice === undefined) return;
    try {
      const next = await this.client.ask<'step'>({ ask: 'step', slice, by, forward });
      if (next) await this.#select(next.slice, 'in view');
      else this.say(forward ? 'There is none after it' : 'There is none before it');
    } catch (error) {
      this.fail(error);
    }
  }

  /** Along an arrow of the selected slice. */
  follow(forward: boolean): void {
    const flow = this.flows.find(
      ({ from, to }) => (forward ? from : to).slice === this.slice?.slice,
    );
    if (flow) void this.select((forward ? flow.to : flow.from).slice, 'in view');
    else this.say(forward ? 'No arrow leads away from it' : 'No arrow leads to it');
  }

  /** The time that the mouse is at. */
  get cursor(): number | undefined {
    return this.pointer && timeAt(this.view, this.width, this.pointer.x);
  }

  get flows(): readonly FlowFacts[] {
    return this.slice?.flows ?? [];
  }

  say(text: string): void {
    this.said = text;
    this.render();
  }

  setBelonging(slice: number | undefined): void {
    this.belongingTo = slice;
    if (slice === undefined) this.tracks.only = undefined;
    this.changeTracks();
  }

  toggleBelonging(): void {
    this.setBelonging(this.belongingTo === undefined ? this.slice?.slice : undefined);
  }

  /**
   * Shows only tracks that have something of the operation that is looked at, and of these only such
   * lanes.
   */
  async showOnlyBelonging(): Promise<void> {
    const { start: from, end, tracks } = this.facts;
    const to = Math.max(end, from + 1);
    const numbers = tracks.filter(({ lanes }) => lanes > 0).map(({ track }) => track);
    const asked = { ask: 'draw', from, to, pixels: 100, tracks: numbers } as const;
    try {
      const picture = await this.client.ask<'draw'>({ ...asked, belongingTo: this.belongingTo });
      const withSome = picture.slices.map(({ track, lanes, flags }) => {
        const belong = lanes.filter((_, at) => ((flags[at] ?? 0) & Flag.BELONGS) !== 0);
        return [track, Array.from(new Set(belong)).sort((a, b) => a - b)] as const;
      });
      this.tracks.only = new Map(withSome.filter(([, lanes]) => lanes.length > 0));
      this.scrollTop = 0;
      this.changeTracks();
    } catch (error) {
      this.fail(error);
    }
  }

  showFound(isFound: boolean): void {
    if (isFound) this.panel = 'find';
    else if (this.panel === 'find') this.panel = undefined;
    this.render();
  }

  async openRequests(): Promise<void> {
    this.panel = 'requests';
    this.render();
    try {
      this.requests ??= await this.client.ask<'requests'>({ ask: 'requests' });
    } catch (error) {
      this.fail(error);
    }
    this.render();
  }

  /** One request, large, with all that belongs to it. */
  async openRequest(slice: number): Promise<void> {
    this.setBelonging(slice);
    await this.select(slice, 'large');
  }

  /** What is selected, large. */
  fit(): void {
    if (this.slice) this.show(this.slice, true);
    else if (this.range) this.glideTo(around(this.range.from, this.range.to, this.limits));
  }
}
