import { isDeepStrictEqual, types } from 'node:util';
import fc from 'fast-check';
import { type Tracer, traceAsyncFunction, traceFunction } from 'tracelane';
import { ownArguments, type RecordedEvent } from '../record-trace.js';
import { asShown, build, hostileText, type Recipe, recipe } from './hostile-values.js';

/** A text, a number or nothing where that is expected, or else anything at all. */
type Input = { readonly value: unknown } | { readonly odd: Recipe };

type ArgsInput =
  | { readonly shape: 'none' }
  | { readonly shape: 'json'; readonly value: Readonly<Record<string, unknown>> }
  /** A hostile member with good ones around it, its key and whether it is thrown. */
  | {
      readonly shape: 'beside';
      readonly key: string;
      readonly thrown: boolean;
      readonly bad: Recipe;
    }
  | { readonly shape: 'whole'; readonly bad: Recipe };

export interface Call {
  readonly method: string;
  readonly name: Input;
  readonly category: Input;
  readonly id: Input;
  readonly first: Input;
  readonly second: Input;
  readonly args: ArgsInput;
  readonly endArgs: ArgsInput;
  readonly extra: Recipe;
  /** Left open, or thrown, or inside a span: as the method has it. */
  readonly flag: boolean;
}

/** An event that has to be in the file. */
interface Expected {
  /** The phases that it may have. */
  readonly ph: string;
  readonly name: string;
  readonly cat?: string;
  /** Each a part of what its arguments have to hold. */
  readonly args: readonly ArgsInput[];
  /** Where these are its only arguments, and nothing else may be among them. */
  readonly exact?: Readonly<Record<string, unknown>>;
}

/** A call with everything in it made, and the name that tells its event from all others. */
interface Made {
  readonly tracer: Tracer;
  readonly call: Call;
  readonly name: never;
  readonly category: never;
  readonly id: never;
  readonly args: never;
  readonly endArgs: never;
  readonly pending: Promise<unknown>[];
  /** An event of this call, if its name is one. */
  expect(ph: string, ...args: readonly ArgsInput[]): Expected[];
}

type Perform = (made: Made) => Expected[];

const GOOD = { text: 'kept', list: [1, { deep: null }], '"': '\u2028' };
const MAX_NAME_LENGTH = 2048;

const METHODS: Readonly<Record<string, Perform>> = {
  span: ({ tracer, call, name, category, args, endArgs, expect }) => {
    const span = tracer.span(name, category, args);
    span.end(endArgs);
    return expect('X', call.args, call.endArgs);
  },
  'span that stays open': ({ tracer, call, name, category, args, expect }) => {
    tracer.span(name, category, args);
    return expect('B', call.args);
  },
  trace: ({ tracer, call, name, category, args, expect, pending }) => {
    const value = build(call.extra);
    const same = (other: unknown) => {
      if (types.isPromise(value)) pending.push(other as Promise<unknown>);
      else if (!Object.is(other, value)) throw new Error('trace() changed what went through it');
    };
    let thrown = false;
    const work = () => {
      thrown = call.flag;
      if (thrown) throw value;
      return value;
    };
    try {
      same(tracer.trace(name, work, category, args));
    } catch (error) {
      if (!thrown || !Object.is(error, value)) throw error;
    }
    // What was thrown is among the arguments, too.
    if (call.flag) return expect('X', call.args, { shape: 'whole', bad: call.extra });
    return expect(types.isPromise(value) ? 'b' : 'X', call.args);
  },
  'trace of an async function': (made) => {
    const { tracer, call, name, category, args, expect, pending } = made;
    const work = async () => {
      await undefined;
      if (call.flag) throw build(call.extra);
    };
    pending.push(tracer.trace(name, work, category, args));
    return expect('b', call.args);
  },
  instant: ({ tracer, call, name, category, args, expect }) => {
    tracer.instant(name, category, args, (call.flag ? make(call.first) : undefined) as never);
    return expect('i', call.args);
  },
  counter: ({ tracer, call, name, category, expect }) => {
    const value = make(call.first);
    tracer.counter(name, value as never, category);
    if (typeof value !== 'number' || !Number.isFinite(value)) return [];
    return expect('C').map((event) => ({ ...event, exact: { value: value + 0 } }));
  },
  'counter of several series': ({ tracer, call, name, category, expect }) => {
    const series = { good: 1, 'good, too': -0.5 };
    const bad = { value: build(call.extra), enumerable: true };
    tracer.counter(name, Object.defineProperty(series, 'bad', bad), category);
    const finite = Number.isFinite(bad.value) ? { bad: (bad.value as number) + 0 } : {};
    const exact = { good: 1, 'good, too': -0.5, ...finite };
    return expect('C').map((event) => ({ ...event, exact }));
  },
  complete: ({ tracer, call, name, category, args, expect }) => {
    const [start, duration] = [make(call.first), make(call.second)];
    tracer.complete(name, start as number, duration as number, category, args);
    const sound = Number.isFinite(start) && Number.isFinite(duration) && Number(duration) >= 0;
    return sound ? expect('Xb', call.args) : [];
  },
  async: ({ tracer, call, name, category, id, args, endArgs, expect }) => {
    const begun = tracer.asyncBegin(name, id, category, args);
    tracer.asyncInstant(begun, name, category, endArgs);
    if (!call.flag) tracer.asyncEnd(begun, endArgs);
    const end = call.flag ? [] : expect('e', call.endArgs);
    return [...expect('b', call.args), ...expect('n', call.endArgs), ...end];
  },
  flow: ({ tracer, call, name, category, id, args, endArgs, expect }) => {
    using _around = tracer.span('around a flow');
    const flow = tracer.flowStart(name, id, category, args);
    tracer.flowStep(flow, endArgs);
    if (call.flag) return [...expect('s', call.args), ...expect('t', call.endArgs)];
    tracer.flowEnd(flow, endArgs);
    return [...expect('s', call.args), ...expect('f', call.endArgs)];
  },
  'flow outside of spans': ({ tracer, call, name, category, id, args, endArgs, expect }) => {
    const flow = tracer.flowStart(name, id, category, args);
    tracer.flowEnd(flow, endArgs);
    return [...expect('s', call.args), ...expect('f', call.endArgs)];
  },
  'ids of nothing': ({ tracer, name, category, id, args }) => {
    tracer.asyncInstant(id, name, category, args);
    tracer.asyncEnd(id, args);
    tracer.flowStep(id, args);
    tracer.flowEnd(id, args);
    tracer.endSpan(id, args);
    return [];
  },
  beginSpan: ({ tracer, call, name, category, args, endArgs, expect }) => {
    tracer.endSpan(tracer.beginSpan(name, category, args), endArgs);
    return expect('X', call.args, call.endArgs);
  },
  emit: (made) => {
    const { tracer, call, name, category, args } = made;
    tracer.emit({ name, cat: category, ph: 'i', args, extra: build(call.extra) } as never);
    const sound = category === undefined || typeof category === 'string';
    if (!sound || typeof made.name !== 'string') return [];
    // Written as it is: it is not cut.
    return [{ ph: 'i', name: (made.name as string).toWellFormed(), args: [call.args] }];
  },
  'emit of odd fields': ({ tracer, call, name, args }) => {
    // Beside what can only be refused: a sound time or pid means what it says.
    const odd = build(call.extra);
    const refused = { tts: Number.NaN, ts: odd, pid: odd, id: odd, id2: odd, s: odd, ph: odd };
    tracer.emit({ ...refused, name, args } as never);
    tracer.emit({ ...refused, ph: 'b', name, args } as never);
    tracer.emit(odd as never);
    return [];
  },
  metadata: ({ tracer, call, name, args, expect }) => {
    tracer.metadata(name, args);
    return expect('M', call.args).map(({ ph, name, args }) => ({ ph, name, args }));
  },
  'names and sort indices': ({ tracer, call, name }) => {
    tracer.setProcessName(name);
    tracer.setThreadName(name);
    tracer.setProcessSortIndex(make(call.first) as number);
    tracer.setThreadSortIndex(make(call.second) as number);
    return [];
  },
  traceFunction: ({ call, name, category, args, expect }) => {
    // What is no text is refused when the function is wrapped, as a mistake in the program.
    if (typeof name !== 'string' || (category !== undefined && typeof category !== 'string'))
      return [];
    const asked = () => {
      if (call.flag) throw build(call.extra);
      return args;
    };
    const traced = traceFunction({ name, category: category ?? 'default', args: asked })(() => 5);
    if (traced() !== 5) throw new Error('traceFunction changed what a function returns');
    return call.flag ? expect('X') : expect('X', call.args);
  },
  traceAsyncFunction: ({ call, name, category, args, expect, pending }) => {
    if (typeof name !== 'string' || (category !== undefined && typeof category !== 'string'))
      return [];
    const traced = traceAsyncFunction({ name, category: category ?? 'default', args: () => args });
    pending.push(traced(() => Promise.reject(build(call.extra)))());
    return expect('b', call.args);
  },
};

const odd = recipe.map((bad): Input => ({ odd: bad }));
const text = hostileText.map((value): Input => ({ value }));
const none = fc.constant<Input>({ value: undefined });
const number = fc
  .oneof(
    fc.constantFrom(0, -0, 1, -1, 1.5, 1e-9, 5e-324, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53, 1e300),
    fc.constantFrom(Number.NaN, Infinity, -Infinity, Number.MAX_VALUE),
    fc.double(),
    fc.integer(),
  )
  .map((value): Input => ({ value }));
const args = fc.oneof(
  { weight: 1, arbitrary: fc.constant<ArgsInput>({ shape: 'none' }) },
  {
    weight: 2,
    arbitrary: fc
      .dictionary(hostileText, fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 }), {
        maxKeys: 4,
        noNullPrototype: true,
      })
      .map((value): ArgsInput => ({ shape: 'json', value })),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({ key: hostileText, thrown: fc.boolean(), bad: recipe })
      .map((rest): ArgsInput => ({ shape: 'beside', ...rest })),
  },
  { weight: 2, arbitrary: recipe.map((bad): ArgsInput => ({ shape: 'whole', bad })) },
);

export const hostileCall: fc.Arbitrary<Call> = fc.record({
  method: fc.constantFrom(...Object.keys(METHODS)),
  name: fc.oneof({ weight: 9, arbitrary: text }, { weight: 1, arbitrary: odd }),
  category: fc.oneof(none, text, { weight: 2, arbitrary: text }, odd),
  id: fc.oneof(none, text, number, odd),
  first: fc.oneof(number, odd),
  second: fc.oneof(number, odd),
  args,
  endArgs: args,
  extra: recipe,
  flag: fc.boolean(),
});

function make(input: Input): unknown {
  return 'odd' in input ? build(input.odd) : input.value;
}

function makeArgs(input: ArgsInput): unknown {
  if (input.shape === 'none') return undefined;
  if (input.shape === 'json') return input.value;
  const bad = build(input.bad);
  if (input.shape === 'whole') return bad;
  const get = () => {
    if (input.thrown) throw bad;
    return bad;
  };
  const around = Object.defineProperty({ before: GOOD }, input.key, { get, enumerable: true });
  return Object.defineProperty(around, 'after', { value: 1, enumerable: true });
}

/** Makes a call, and says what of it has to be in the file. `index` is in the names. */
export function perform(tracer: Tracer, call: Call, index: number, pending: Promise<unknown>[]) {
  const given = make(call.name);
  const name = typeof given === 'string' ? `${index} ${given}` : given;
  const category = make(call.category);
  const cat = typeof category === 'string' && category !== '' ? shownText(category) : 'default';
  const made = {
    tracer,
    call,
    name,
    category,
    id: make(call.id),
    args: makeArgs(call.args),
    endArgs: makeArgs(call.endArgs),
    pending,
    expect: (ph: string, ...parts: readonly ArgsInput[]): Expected[] =>
      typeof name === 'string' ? [{ ph, name: shownText(name), cat, args: parts }] : [],
  };
  return METHODS[call.method]?.(made as Made) ?? [];
}

function shownText(name: string): string {
  return name.slice(0, MAX_NAME_LENGTH).toWellFormed();
}

/** What is wrong with the events of a call, in words; undefined if nothing is. */
export function missing(
  expected: Expected,
  byName: ReadonlyMap<string, readonly RecordedEvent[]>,
): string | undefined {
  const { ph, name, cat, args: parts, exact } = expected;
  const event = byName.get(name)?.find((candidate) => ph.includes(candidate.ph));
  if (event === undefined) return `no event of phase ${ph}`;
  if (cat !== undefined && event.cat !== cat) return `category ${JSON.stringify(event.cat)}`;
  const own = ownArguments(event.args);
  const shown = JSON.stringify(own);
  if (exact !== undefined && !isDeepStrictEqual(own, exact)) return `arguments ${shown}`;
  // Entries, as assigning to __proto__ would make no member of it.
  const whole = Object.fromEntries(
    parts.flatMap((part) => (part.shape === 'json' ? Object.entries(part.value) : [])),
  );
  const plain = parts.every(({ shape }) => shape === 'json' || shape === 'none');
  if (plain && parts.length > 0 && !isDeepStrictEqual(own, asShown(whole)))
    return `arguments ${shown}`;
  if (!parts.some(({ shape }) => shape === 'beside')) return undefined;
  const kept = isDeepStrictEqual(own['before'], asShown(GOOD)) && own['after'] === 1;
  return kept ? undefined : `arguments ${shown} without the good ones`;
}
