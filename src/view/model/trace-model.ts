import { QuestionError } from '../wire/check-question.js';
import {
  type Answers,
  Flag,
  type Question,
  type QuestionOf,
  type RequestsAnswer,
  type SliceDetails,
  type TraceFacts,
} from '../wire/questions.js';
import type { Arguments } from './arguments.js';
import { arrowsOf } from './arrows.js';
import { callers, inside, list, step } from './details.js';
import { draw } from './draw.js';
import { find } from './find.js';
import { flame } from './flame.js';
import type { ModelData } from './model-data.js';
import { type Related, related } from './related.js';
import { requestsOf, requestTable } from './request-table.js';
import { statistics } from './statistics.js';
import { Tables } from './tables.js';
import { traceFacts } from './trace-facts.js';

/** What questions name by numbers. */
interface Named {
  readonly slice: number;
  readonly belongingTo: number;
  readonly tracks: readonly number[];
}

/** Answers all that is asked of a trace. */
export class TraceModel {
  readonly version: number;
  readonly growing: boolean;
  readonly #tables: Tables;
  readonly #arguments: Arguments;
  #known: Omit<TraceFacts, 'version' | 'growing'> | undefined;
  #requests: RequestsAnswer | undefined;
  /** What was asked for last: pictures are asked for again and again. */
  #related: { readonly slice: number; readonly found: Related } | undefined;

  constructor(data: ModelData, args: Arguments, version = 1, growing = false) {
    this.version = version;
    this.growing = growing;
    this.#tables = new Tables(data);
    this.#arguments = args;
  }

  async answer(question: Question): Promise<Answers[Question['ask']]> {
    this.#check(question);
    const tables = this.#tables;
    switch (question.ask) {
      case 'trace':
        return { ...this.#facts(), version: this.version, growing: this.growing };
      case 'draw':
        return draw(tables, this.version, question, this.#belonging(question));
      case 'slice':
        return this.#details(question.slice);
      case 'step': {
        const found = step(tables, question);
        return found === undefined ? undefined : tables.facts(found);
      }
      case 'list':
        return list(tables, question);
      case 'statistics':
        return statistics(tables, question);
      case 'flame':
        return flame(tables, question);
      case 'find':
        return find(tables, this.#arguments, question.text, question.limit);
      case 'requests':
        this.#requests ??= requestTable(tables);
        return this.#requests;
    }
  }

  /** @throws {QuestionError} where a question names what is not there. */
  #check(question: Question): void {
    const { data, slices } = this.#tables;
    const { slice, belongingTo, tracks = [] } = question as Partial<Named>;
    for (const number of [slice, belongingTo]) {
      if (number === undefined || number < slices.count) continue;
      throw new QuestionError(`There is no slice ${number}: the trace may have changed.`);
    }
    const track = tracks.find((number) => number >= data.tracks.length);
    if (track !== undefined) throw new QuestionError(`There is no track ${track}.`);
  }

  #facts(): Omit<TraceFacts, 'version' | 'growing'> {
    if (this.#known === undefined) {
      const { ended, unfinished } = requestsOf(this.#tables);
      this.#known = traceFacts(this.#tables, ended.length + unfinished.length);
    }
    return this.#known;
  }

  #belonging({ belongingTo }: QuestionOf<'draw'>): Uint32Array {
    return belongingTo === undefined ? new Uint32Array(0) : this.#relatedTo(belongingTo).members;
  }

  #relatedTo(slice: number): Related {
    if (this.#related?.slice !== slice) {
      this.#related = { slice, found: related(this.#tables, slice) };
    }
    return this.#related.found;
  }

  async #details(slice: number): Promise<SliceDetails> {
    const tables = this.#tables;
    const facts = tables.facts(slice);
    const isInstant = tables.has(slice, Flag.INSTANT);
    const { kind } = tables.data.tracks[facts.track];
    const { callees, busy } = inside(tables, slice);
    const hasSelf = !isInstant && facts.duration !== null && kind !== 'operations';
    const { members, root } = this.#relatedTo(slice);
    const offset = tables.slices.offsets[slice];
    return {
      ...facts,
      isInstant,
      self: hasSelf ? Math.max(0, (facts.duration as number) - busy) : null,
      args: await this.#arguments.at(slice),
      callers: callers(tables, slice),
      callees,
      previous: step(tables, { ask: 'step', slice, by: 'name', forward: false }),
      next: step(tables, { ask: 'step', slice, by: 'name', forward: true }),
      root: root === undefined ? undefined : tables.facts(root),
      belonging: members.length,
      flows: arrowsOf(tables, slice),
      offset,
    };
  }
}
