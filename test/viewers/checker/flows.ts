import { byTime, groupBy, type Report, type TimedEvent } from './event.js';
import { type Slice, threadOf } from './threads.js';

const FLOW = new Set(['s', 't', 'f']);
const HEX = /^(?:0x)?([0-9a-f]{1,16})$/i;

interface FlowEvent {
  readonly event: TimedEvent;
  readonly id: bigint;
}

/** Time spans that slices cover, in order and apart: ends exclusive, as viewers close slices. */
interface Coverage {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

export function checkFlows(
  events: readonly TimedEvent[],
  slices: ReadonlyMap<string, readonly Slice[]>,
  report: Report,
): void {
  const flowEvents: FlowEvent[] = [];
  const coverage = new Map<string, Coverage>();
  for (const event of events) {
    if (!FLOW.has(event.ph)) continue;
    checkBinding(event, slices, coverage, report);
    const id = flowId(event.raw.id);
    if (id !== undefined) flowEvents.push({ event, id });
    else report('flow-id', event.line, 'the id must be a hexadecimal string or an integer');
  }

  flowEvents.sort((a, b) => byTime(a.event, b.event));
  for (const flow of groupBy(flowEvents, keyOf).values()) checkOneFlow(flow, report);
  for (const sameId of groupBy(flowEvents, ({ id }) => String(id)).values()) {
    checkIdOfOneFlow(sameId, report);
  }
}

/** Perfetto parses strings as hexadecimal: "10" and 16 are one id. */
function flowId(id: unknown): bigint | undefined {
  if (Number.isSafeInteger(id) && Number(id) >= 0) return BigInt(Number(id));
  const digits = typeof id === 'string' ? HEX.exec(id)?.[1] : undefined;
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
}

function keyOf({ event, id }: FlowEvent): string {
  return JSON.stringify([String(id), event.cat, event.name]);
}

function checkBinding(
  event: TimedEvent,
  slices: ReadonlyMap<string, readonly Slice[]>,
  coverage: Map<string, Coverage>,
  report: Report,
): void {
  if (event.ph === 'f' && event.raw.bp !== 'e') {
    report('flow-binding-point', event.line, 'without bp "e" the arrow ends at the next slice');
  }
  const thread = threadOf(event);
  let covered = coverage.get(thread);
  if (covered === undefined) {
    covered = coverageOf(slices.get(thread) ?? []);
    coverage.set(thread, covered);
  }
  if (!covers(covered, event.start)) {
    report('flow-outside-slice', event.line, `no slice of thread ${thread} encloses it`);
  }
}

function checkOneFlow(flow: readonly FlowEvent[], report: Report): void {
  const start = flow.find(({ event }) => event.ph === 's')?.event;
  for (const { event } of flow) {
    if (event.ph === 's') {
      if (event !== start) report('flow-started-twice', event.line, 'one s per id');
    } else if (start === undefined) {
      report('flow-without-start', event.line, `no s of its id, cat and name: "${event.name}"`);
    } else if (byTime(event, start) < 0) {
      report('flow-order', event.line, `it comes before its s, event ${start.line}`);
    }
  }
}

/** DevTools joins flows by their id alone, whatever their names and categories. */
function checkIdOfOneFlow(sameId: readonly FlowEvent[], report: Report): void {
  const first = sameId[0];
  if (first === undefined) return;
  const other = sameId.find((flow) => keyOf(flow) !== keyOf(first));
  if (other !== undefined) {
    const message = `flow "${first.event.name}" has the same id`;
    report('flow-id-reused', other.event.line, message);
  }
}

function coverageOf(slices: readonly Slice[]): Coverage {
  const starts: number[] = [];
  const ends: number[] = [];
  for (const { start, end } of slices) {
    const last = ends.length - 1;
    if (last >= 0 && start <= Number(ends[last])) ends[last] = Math.max(Number(ends[last]), end);
    else {
      starts.push(start);
      ends.push(end);
    }
  }
  return { starts, ends };
}

function covers({ starts, ends }: Coverage, time: number): boolean {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Number(starts[middle]) <= time) low = middle + 1;
    else high = middle;
  }
  return low > 0 && time < Number(ends[low - 1]);
}
