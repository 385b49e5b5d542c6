import type { Slice, Track, View } from '../perfetto/view.js';
import type { RecordedEvent } from '../record-trace.js';

/**
 * A trace in Perfetto's format as events of the Chrome format: what a viewer makes of it, so that the same
 * judge can hold it against the truth. Flows are left out: they have no events there.
 */
export function perfettoEvents(view: View): RecordedEvent[] {
  const { tracks, slices, counters, descriptors } = view;
  const events: RecordedEvent[] = slices.flatMap((slice) => eventsOf(slice, tracks));
  for (const { track, from, time, value, name, category } of counters) {
    const shown = tracks.get(track)?.name ?? '';
    const series = shown === name ? 'value' : shown.slice(name.length + 1);
    events.push({
      ...{ ph: 'C', name, cat: category, ts: time / 1000, args: { [series]: value } },
      ...threadOf(tracks.get(from ?? '')),
    });
  }
  for (const { process, thread } of descriptors) {
    const { pid = 0 } = thread ?? process ?? {};
    const tid = Number(thread?.tid ?? pid);
    const metadata = { ph: 'M', cat: '__metadata', ts: 0, pid, tid };
    const { threadName: name } = thread ?? {};
    if (name !== undefined) events.push({ ...metadata, name: 'thread_name', args: { name } });
  }
  const zero = { monotonicNanoseconds: String(view.zero.get(3)) };
  const [main] = [...tracks.values()].filter(({ kind }) => kind === 'process');
  const { pid = 0 } = main ?? {};
  const start = { ph: 'M', cat: '__metadata', ts: 0, pid, tid: pid };
  events.push({ ...start, name: 'trace_start', args: zero });
  return events;
}

function threadOf(track: Track | undefined): { pid: number; tid: number } {
  return { pid: track?.pid ?? 0, tid: track?.tid ?? 0 };
}

function mainThreadOf(track: Track | undefined, tracks: View['tracks']) {
  let outer = track;
  while (outer !== undefined && outer.pid === undefined) outer = tracks.get(outer.parent ?? '');
  return { pid: outer?.pid ?? 0, tid: outer?.pid ?? 0 };
}

function eventsOf(slice: Slice, tracks: View['tracks']): RecordedEvent[] {
  const { name, category: cat, start, end, args, isMoment, track, from, endFrom, endArgs } = slice;
  const { kind } = tracks.get(track) ?? {};
  const own = tracks.get(track);
  // What is open when a child process ends is told of apart: of the track, or else of the process.
  const known = from ?? (own?.kind === 'thread' ? track : undefined);
  const on = known === undefined ? mainThreadOf(own, tracks) : threadOf(tracks.get(known));
  const event = { name, cat, ts: start / 1000, args, ...on };
  if (kind === 'other') {
    const id = track;
    if (isMoment) return [{ ...event, ph: 'n', id }];
    const begin = { ...event, ph: 'b', id };
    if (end === undefined) return [begin];
    const ender = threadOf(tracks.get(endFrom ?? ''));
    return [begin, { name, cat, ph: 'e', id, ts: end / 1000, args: endArgs, ...ender }];
  }
  if (cat === '__metadata') return [{ ...event, ph: 'M' }];
  if (isMoment) {
    const s = { thread: 't', process: 'p', 'whole trace': 'g' }[kind as string] ?? '?';
    return [{ ...event, ph: 'i', s }];
  }
  if (end === undefined) return [{ ...event, ph: 'B' }];
  return [{ ...event, ph: 'X', dur: (end - start) / 1000 }];
}
