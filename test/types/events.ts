import { EventType, type TraceEvent, type Tracer } from 'tracelane';
import type { Holds, Same } from './check.js';

// Each phase of an event has fields of its own. The compiler is the test.

export type Phases = [
  Holds<Same<typeof EventType.COMPLETE, 'X'>>,
  Holds<Same<EventType, 'B' | 'E' | 'X' | 'i' | 'C' | 'b' | 'n' | 'e' | 's' | 't' | 'f' | 'M'>>,
  Holds<Same<Extract<TraceEvent, { ph: 'X' }>['dur'], number>>,
  Holds<Same<Extract<TraceEvent, { ph: 'C' }>['args'], Readonly<Record<string, number>>>>,
];

export function accepted(tracer: Tracer): void {
  tracer.emit({ name: 'a', ph: 'B' });
  tracer.emit({ name: 'a', ph: EventType.DURATION_END, ts: 5, pid: 1, tid: 2, cat: 'x' });
  tracer.emit({ name: 'a', ph: EventType.COMPLETE, ts: 5, dur: 2.5, args: { deep: [{}] } });
  tracer.emit({ name: 'a', ph: 'i', s: 'g' });
  tracer.emit({ name: 'a', ph: 'I' });
  tracer.emit({ name: 'a', ph: 'C', id: 'cpu0', args: { used: 1, free: 2 } });
  tracer.emit({ name: 'a', ph: 'b', id: '0x1' });
  tracer.emit({ name: 'a', ph: 'n', id: 1 });
  tracer.emit({ name: 'a', ph: 'e', id2: { local: '0x1' } });
  tracer.emit({ name: 'a', ph: 's', id: 1 });
  tracer.emit({ name: 'a', ph: 'f', id: '0x1', bp: 'e' });
  tracer.emit({ name: 'process_labels', ph: 'M', args: { labels: 'x' } });
  tracer.emit({ name: 'a', ph: 'O', id: '0x1', scope: 'heap', args: { snapshot: {} } });

  const phase: 'i' | 'I' = 'i';
  tracer.emit({ name: 'a', ph: phase });
  const known: TraceEvent[] = [{ name: 'a', ph: 'E' }];
  for (const event of known) {
    if (event.ph === 'X') event.dur.toFixed();
    tracer.emit(event);
  }
}

export function rejected(tracer: Tracer, phase: string): void {
  // @ts-expect-error: an event has a name.
  tracer.emit({ ph: 'B' });
  // @ts-expect-error: an event has a phase.
  tracer.emit({ name: 'a' });
  // @ts-expect-error: no such phase.
  tracer.emit({ name: 'a', ph: 'Q' });
  // @ts-expect-error: a phase that may be anything.
  tracer.emit({ name: 'a', ph: phase });
  // @ts-expect-error: a complete event has a duration.
  tracer.emit({ name: 'a', ph: 'X', ts: 1 });
  // @ts-expect-error: a begin has none.
  tracer.emit({ name: 'a', ph: 'B', dur: 5 });
  // @ts-expect-error: the scope is one letter.
  tracer.emit({ name: 'a', ph: 'i', s: 'global' });
  // @ts-expect-error: counters count numbers.
  tracer.emit({ name: 'a', ph: 'C', args: { used: '1' } });
  // @ts-expect-error: a counter has values.
  tracer.emit({ name: 'a', ph: 'C' });
  // @ts-expect-error: a flow has an id.
  tracer.emit({ name: 'a', ph: 's' });
  // @ts-expect-error: id2 is local or global.
  tracer.emit({ name: 'a', ph: 'b', id2: { process: '1' } });
  // @ts-expect-error: metadata is in the arguments.
  tracer.emit({ name: 'process_name', ph: 'M' });
  // @ts-expect-error: times are numbers.
  tracer.emit({ name: 'a', ph: 'B', ts: '5' });
  // @ts-expect-error: arguments have names.
  tracer.emit({ name: 'a', ph: 'B', args: 'text' });
}
