import { Readable } from 'node:stream';
import { type RawEvent, readEntries } from '#src/reader/source/entries.js';
import type { TraceInput } from '#src/reader/source/trace-input.js';
import { AsyncTimeline } from '#src/reader/timeline/async-timeline.js';
import { StringTable } from '#src/reader/timeline/string-table.js';
import { ThreadTimeline } from '#src/reader/timeline/thread-timeline.js';
import { type TimedEvent, TimeScale } from '#src/reader/timeline/timed-event.js';

/** All that a trace shows, as lines that can be compared: times in nanoseconds since the first event. */
export interface Shown {
  readonly slices: readonly string[];
  readonly operations: readonly string[];
  readonly moments: readonly string[];
  readonly counters: readonly string[];
  /** Which slices each flow goes through. */
  readonly flows: readonly string[];
  readonly names: readonly string[];
}

interface Slice {
  readonly thread: string;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  readonly name: string;
}

export function bytesAsInput(bytes: Uint8Array): TraceInput {
  return Readable.from([Buffer.from(bytes)]);
}

export async function shownBy(input: TraceInput): Promise<Shown> {
  const events = new Map<number, TimedEvent>();
  const strings = new StringTable();
  const scale = new TimeScale();
  const threads = new ThreadTimeline(strings);
  const operations = new AsyncTimeline(strings);
  const names: string[] = [];
  let index = 0;
  await readEntries(input, {
    onEntry: ({ event }) => {
      if (event === undefined) return;
      if (event.ph === 'M') {
        const name = nameIn(event);
        if (name !== undefined) names.push(name);
      }
      const timed = scale.place({
        ...{ index: index++, offset: 0, event, text: '', mended: false, badUtf8: false },
      });
      if (timed === undefined) return;
      events.set(timed.index, timed);
      threads.add(timed);
      operations.add(timed);
    },
    onProblem: () => {},
  });
  const all = [...events.values()];
  const earliest = Math.min(
    ...all
      .filter(({ ph, async, flow, onThread }) => onThread || async || flow || 'CiIR'.includes(ph))
      .map(({ start }) => start),
  );
  const since = (time: number): number => time - earliest;
  const of = (at: number): TimedEvent => events.get(at) as TimedEvent;
  const argsOf = (first: number, second?: number): string => {
    const args = [first, second].map((at) => (at === undefined ? {} : of(at).event.args));
    return json(Object.assign({}, ...args));
  };
  const slices: Slice[] = [];
  const lines: string[] = [];
  threads.replay(
    {
      slice: ({ event, endedBy, end, depth }) => {
        const [pid, tid] = threads.threadIds(event.thread);
        const [name, cat] = [strings.text(event.name), strings.text(event.category)];
        const thread = `${pid}/${tid}`;
        const last = end > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : since(end);
        slices.push({ thread, start: since(event.start), end: last, depth, name });
        const times = `${since(event.start)}..${last}`;
        lines.push(
          `${thread} ${times} ${depth} ${name} [${cat}] ${argsOf(event.index, endedBy?.index)}`,
        );
      },
    },
    'test',
  );
  const drawn: string[] = [];
  operations.replay({
    operation: ({ begin, endedBy, end, parent }) => {
      const [name, cat] = [strings.text(begin.name), strings.text(begin.category)];
      const inside = parent === undefined ? '' : ` in ${strings.text(parent.name)}`;
      const args = argsOf(begin.index, endedBy?.index);
      const pid = strings.text(begin.pid);
      // Chrome's format has no operations without a category.
      const category = cat === '' ? 'default' : cat;
      const times = `${since(begin.start)}..${since(end)}`;
      drawn.push(`${pid} ${times} ${name} [${category}]${inside} ${args}`);
    },
  });
  threads.close();
  operations.close();
  const moments: string[] = [];
  const counters: string[] = [];
  const chains = new Map<string, Set<string>>();
  for (const { ph, start, name, cat, pid, tid, event, flow } of all) {
    if ('iIRn'.includes(ph)) {
      const s = ph === 'R' ? 't' : (event.s ?? 't');
      const isOfProcess = ph === 'n' || s === 'p';
      const where = isOfProcess ? pid : s === 't' ? `${pid}/${tid}` : 'all';
      // What lies in an operation has the category of that; what lies in none is its process's.
      const category = isOfProcess ? '' : ` [${cat}]`;
      moments.push(`${where} ${since(start)} ${name}${category} ${json(event.args ?? {})}`);
    } else if (ph === 'C') {
      const values = Object.entries((event.args ?? {}) as Record<string, unknown>);
      const shown = event.id === undefined ? name : `${name} [${event.id}]`;
      for (const [series, value] of values) {
        const isOnly = values.length === 1 && series === 'value';
        const label = isOnly ? shown : `${shown} ${series}`;
        counters.push(`${pid} ${since(start)} ${label} ${Number(value)}`);
      }
    } else if (flow?.id !== undefined && flow.phase !== undefined) {
      const kind = flow.bound ? 'bound' : `${cat} ${name}`;
      const key = `${kind} ${flow.id}`;
      const around = slices
        .filter(
          (slice) =>
            slice.thread === `${pid}/${tid}` &&
            slice.start <= since(start) &&
            slice.end >= since(start),
        )
        .sort((a, b) => b.depth - a.depth)[0];
      const chain = chains.get(key) ?? new Set();
      if (around !== undefined) chain.add(`${around.thread} ${around.name}@${around.start}`);
      chains.set(key, chain);
    }
  }
  const flows = [...chains.values()]
    .map((chain) => [...chain].sort().join(' → '))
    .filter((chain) => chain.includes('→'));
  return {
    slices: lines.map((line) => line.toWellFormed()).sort(),
    operations: drawn.sort(),
    moments: moments.sort(),
    counters: counters.sort(),
    flows: [...new Set(flows)].sort(),
    names: [...new Set(names)].sort(),
  };
}

/** With members in one order. */
function json(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function nameIn({ name, pid, tid, args }: RawEvent): string | undefined {
  if (typeof args !== 'object' || args === null) return undefined;
  const { name: text } = args as { name?: unknown };
  if (typeof text !== 'string' || text === '') return undefined;
  if (name === 'process_name') return `process ${pid}: ${text}`;
  return name === 'thread_name' ? `thread ${pid}/${tid}: ${text}` : undefined;
}
