import { type Span, type Tracer, traceAsyncFunction, traceFunction } from 'tracelane';
import type { Before, Call, Notebook } from './notebook.js';
import type { Operate, Run, Script } from './program.js';
import type { Values } from './variety.js';

/** The operation in which code runs, if any. */
export type Parent = string | undefined;

/** Runs the steps of a body. */
export interface Performer {
  perform(script: Script, parent: Parent): Promise<void>;
  performAtOnce(script: Script, parent: Parent): void;
}

class Failure extends Error {}
const FAILED: Values = { error: 'Error: on purpose' };

const ignoreFailure = (error: unknown): void => {
  if (!(error instanceof Failure)) throw error;
};

/** A span around steps that do not wait, in each of the ways in which one can be written. */
export function run(step: Run, parent: Parent, tracer: Tracer, notes: Notebook, steps: Performer) {
  const { way, is, body, fails } = step;
  const call = notes.call(way, is, way === 'function' ? 'function' : 'default');
  const { name, category, args, endArgs } = call;
  const before = notes.before();
  switch (way) {
    case 'span': {
      const span = tracer.span(name, category, args);
      notes.began(call, 'span', before, parent);
      steps.performAtOnce(body, parent);
      const end = notes.before();
      span.end(endArgs);
      notes.ended(call, endArgs, end);
      break;
    }
    case 'using': {
      let left: Before;
      {
        using _span = tracer.span(name, category, args);
        notes.began(call, 'span', before, parent);
        steps.performAtOnce(body, parent);
        left = notes.before();
      }
      notes.ended(call, undefined, left);
      break;
    }
    case 'beginSpan': {
      const id = tracer.beginSpan(name, category, args);
      notes.began(call, 'loose', before, parent);
      steps.performAtOnce(body, parent);
      const end = notes.before();
      tracer.endSpan(id, endArgs);
      notes.ended(call, endArgs, end);
      break;
    }
    case 'trace':
    case 'function': {
      const content = new Content(call, fails, notes);
      const inside = (span?: Span): void => {
        notes.began(call, 'span', before, parent);
        steps.performAtOnce(body, span !== undefined && call.recorded ? name : parent);
        content.leave(span);
      };
      try {
        if (way === 'trace') tracer.trace(name, inside, category, args);
        else traceFunction({ name, category, args })(() => inside())();
      } catch (error) {
        ignoreFailure(error);
      }
      content.left(false);
      break;
    }
  }
}

/** The same around steps that wait: an operation, or a span that others overlap. */
export async function operate(
  step: Operate,
  parent: Parent,
  tracer: Tracer,
  notes: Notebook,
  steps: Performer,
): Promise<void> {
  const { way, is, body, fails } = step;
  const declared = way !== 'async function' || is % 3 > 0;
  const defaults = { function: 'function', 'async function': 'async_function' } as const;
  const byName = way === 'async function' && is % 3 === 1 ? 'function' : way;
  const call = notes.call(way, is, defaults[byName as keyof typeof defaults] ?? 'default');
  const { name, category, args, endArgs } = call;
  const within = call.recorded ? name : parent;
  const content = new Content(call, fails, notes);
  const before = notes.before();
  try {
    switch (way) {
      case 'span': {
        const span = tracer.span(name, category, args);
        notes.began(call, 'span', before, parent);
        await steps.perform(body, parent);
        const end = notes.before();
        span.end(endArgs);
        notes.ended(call, endArgs, end);
        return;
      }
      case 'asyncBegin': {
        const id = tracer.asyncBegin(name, undefined, category, args);
        notes.began(call, 'async', before, parent);
        await steps.perform(body, parent);
        const end = notes.before();
        tracer.asyncEnd(id, endArgs);
        notes.ended(call, endArgs, end);
        return;
      }
      case 'trace':
        await tracer.trace(
          name,
          async (span) => {
            notes.began(call, 'async', before, parent);
            await steps.perform(body, within);
            content.leave(span);
          },
          category,
          args,
        );
        break;
      case 'promise': {
        const inside = async (span: Span) => {
          notes.began(call, 'span', before, parent);
          await steps.perform(body, within);
          content.leave(span);
        };
        const result = tracer.trace(name, (span) => inside(span), category, args);
        notes.detached(call, notes.before());
        await result;
        break;
      }
      case 'function': {
        const inside = async () => {
          notes.began(call, 'span', before, parent);
          await steps.perform(body, parent);
          content.leave();
        };
        const result = traceFunction({ name, category, args })(() => inside())();
        notes.detached(call, notes.before());
        await result;
        break;
      }
      case 'async function': {
        const inside = async () => {
          notes.began(call, 'async', before, parent);
          await steps.perform(body, within);
          content.leave();
        };
        const trace = byName === 'function' ? traceFunction : traceAsyncFunction;
        await trace({ name, category, args })(declared ? inside : () => inside())();
        break;
      }
    }
  } catch (error) {
    ignoreFailure(error);
  }
  content.left(true);
}

/** What goes on at the end of a function that is traced as a whole. */
class Content {
  readonly #call: Call;
  readonly #fails: boolean;
  readonly #notes: Notebook;
  #left: Before = { time: 0, readings: 0 };
  #ended = false;

  constructor(call: Call, fails: boolean, notes: Notebook) {
    this.#call = call;
    this.#fails = fails;
    this.#notes = notes;
  }

  /** Inside, as the last thing: ends the span itself where there are arguments for its end. */
  leave(span?: Span): void {
    const notes = this.#notes;
    const { endArgs } = this.#call;
    if (span !== undefined && endArgs !== undefined) {
      const before = notes.before();
      span.end(endArgs);
      // An error that comes later still belongs to the span.
      notes.ended(this.#call, this.#fails ? { ...endArgs, ...FAILED } : endArgs, before);
      this.#ended = true;
    }
    this.#left = notes.before();
    if (this.#fails) throw new Failure('on purpose');
  }

  /** Outside. */
  left(settled: boolean): void {
    if (this.#ended) return;
    this.#notes.ended(this.#call, this.#fails ? FAILED : undefined, this.#left, settled);
  }
}
