import { isDeepStrictEqual } from 'node:util';
import type { Slice, View } from '../perfetto/view.js';
import type { Drawing, FlowPoint } from './drawing.js';

type Problem = (text: string) => void;

/** What Perfetto's importer would complain of, and whether its arrows lead where flows have gone. */
export function comparePerfetto(
  { problems, flows, slices }: View,
  drawing: Drawing | undefined,
  problem: Problem,
): void {
  for (const text of problems) problem(`Perfetto's format: ${text}`);
  if (drawing === undefined) return;
  for (const { moment } of drawing.flowPoints) {
    const { name, args } = moment.entry;
    const said = (shown: Readonly<Record<string, unknown>>) =>
      Object.entries(shown).some(
        // Where something in the slice has the name of the flow, it is called a bit differently.
        ([key, value]) =>
          (key === name || key.startsWith(`${name} (flow`)) && isDeepStrictEqual(value, args),
      );
    const isShown = ({ name: slice, args: begun, endArgs }: Slice) =>
      said(begun) || said(endArgs) || (slice === name && isDeepStrictEqual(begun, args));
    if (Object.keys(args).length > 0 && !slices.some(isShown)) {
      problem(`${name} has its arguments nowhere`);
    }
  }
  const chains = new Map<string, Slice[]>();
  for (const { id, from, to } of flows) {
    const chain = chains.get(id);
    if (chain === undefined) chains.set(id, [from, to]);
    else chain.push(to);
  }
  const points = new Map<string, FlowPoint[]>();
  for (const point of drawing.flowPoints) {
    const { name } = point.moment.entry;
    points.set(name, [...(points.get(name) ?? []), point]);
  }
  const all = [...chains.values()];
  const taken = new Map<Slice[], string>();
  for (const [name, own] of points) {
    // A start alone draws nothing.
    if (own.length > 1 && !takeChain(name, new Set())) {
      problem(`${name} is drawn by no arrows that go through its points`);
    }
  }
  for (const chain of all) {
    if (taken.has(chain)) continue;
    problem(`arrows through ${chain.map(({ name }) => name).join(', ')} are of no flow`);
  }

  /** Several chains may do for a flow: one that has taken the only chain of another then takes another. */
  function takeChain(name: string, seen: Set<Slice[]>): boolean {
    return all.some((chain) => {
      if (seen.has(chain) || !isChainOf(chain, points.get(name) ?? [], drawing as Drawing))
        return false;
      seen.add(chain);
      const owner = taken.get(chain);
      if (owner !== undefined && !takeChain(owner, seen)) return false;
      taken.set(chain, name);
      return true;
    });
  }
}

function isChainOf(slices: readonly Slice[], points: readonly FlowPoint[], drawing: Drawing) {
  if (slices.length !== points.length) return false;
  const left = [...slices];
  return points.every((point) => {
    const at = left.findIndex((slice) => isHolder(slice, point, drawing));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

/**
 * The innermost span around the point, or an operation that began in it; or a slice of the point's own, or
 * a moment of its own in one of these. What `complete()` reports may lie between.
 */
function isHolder(slice: Slice, point: FlowPoint, drawing: Drawing): boolean {
  const { around, moment } = point;
  if (slice.isMoment && slice.name === moment.entry.name) {
    return slice.parent !== undefined && isHolderOrIn(slice.parent, point, drawing);
  }
  const span = around.at(-1);
  const { name } = slice;
  if (name === (span?.name ?? moment.entry.name)) return true;
  const operation = drawing.operations.get(name);
  if (operation?.async !== true) return false;
  const { start } = operation.period;
  return start > (span?.period.start ?? -1) && start <= moment.time;
}

function isHolderOrIn(slice: Slice, point: FlowPoint, drawing: Drawing): boolean {
  if (isHolder(slice, point, drawing)) return true;
  return slice.parent !== undefined && isHolderOrIn(slice.parent, point, drawing);
}
