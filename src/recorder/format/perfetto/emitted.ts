import { asyncIdentity, flowId } from '../../../trace-event/ids.js';
import { NS_PER_US } from '../../../trace-event/numbers.js';
import { isInstant, isScope, renewedAsync } from '../../../trace-event/phases.js';
import { GIVEN_TS } from '../../arena/records.js';
import type { Arguments, FlowPhase, FlowPoint, Label, Thread, TraceFormat } from '../format.js';

/** What takes the events. */
export interface Target
  extends Pick<
    TraceFormat,
    'complete' | 'unfinished' | 'instant' | 'counter' | 'async' | 'metadata'
  > {
  threadOf(pid: number, tid: number): Thread;
  endOfSlice(thread: Thread, time: number, args: Arguments | undefined): void;
  point(point: FlowPoint): void;
}

/** An event of the Chrome trace format, as the program has written it itself. */
interface Emitted {
  readonly name?: string;
  readonly cat?: string;
  readonly ph?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly pid?: number;
  readonly tid?: number;
  readonly id?: string | number;
  readonly id2?: unknown;
  readonly s?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

/**
 * Puts an event that the program has given as it stands in JSON. What it does not say itself is `thread`
 * and `now`; its time counts from `offset` microseconds before time 0.
 */
export function putEmitted(
  target: Target,
  thread: Thread,
  now: number,
  offset: number,
  event: Emitted,
  given: number,
): void {
  const { name = '', cat: category = '', ph = '', ts = 0, dur = 0, args } = event;
  const { pid = thread.pid, tid = thread.tid } = event;
  const on = pid === thread.pid && tid === thread.tid ? thread : target.threadOf(pid, tid);
  const time = (given & GIVEN_TS) === 0 ? now : Math.round((ts - offset) * NS_PER_US);
  const label: Label = { thread: on, name, category, encoded: undefined };
  const phase = renewedAsync(event) ?? ph;
  switch (phase) {
    case 'X': {
      const end = Math.round((ts + dur - offset) * NS_PER_US);
      const duration = (given & GIVEN_TS) === 0 ? Math.round(dur * NS_PER_US) : end - time;
      target.complete(on, label, time, duration, args, undefined);
      break;
    }
    case 'B':
      target.unfinished(on, label, time, args, undefined);
      break;
    case 'E':
      target.endOfSlice(on, time, args);
      break;
    case 'C': {
      const series = Object.entries(args ?? {}).map(
        ([key, value]) => [key, Number(value)] as const,
      );
      const shown = event.id === undefined ? name : `${name} ${event.id}`;
      target.counter(on, { ...label, name: shown }, time, new Map(series));
      break;
    }
    case 'b':
    case 'n':
    case 'e': {
      const { id, local } = asyncIdentity(event);
      const place = { id: `${local ? `${on.pid} ` : ''}${id}`, name, outer: undefined };
      target.async(phase, on, label, place, time, args, undefined);
      break;
    }
    case 's':
    case 't':
    case 'f': {
      const id = String(
        typeof event.id === 'number' ? `0x${flowId(event.id)?.toString(16)}` : event.id,
      );
      target.point({ phase: phase as FlowPhase, stream: on, label, id, time, after: 0, args });
      break;
    }
    case 'M':
      target.metadata(on, name, args);
      break;
    default: {
      // What no viewer draws is a moment here, that says what it was.
      const { s } = event;
      const scope = isScope(s) ? s : 't';
      const all = isInstant(ph) ? args : { ph, ...args };
      target.instant(on, label, time, scope, all, undefined);
    }
  }
}
