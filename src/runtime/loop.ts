import { performance } from 'node:perf_hooks';
import { takeActivity } from './activity.js';
import type { SourceContext } from './source.js';
import { counterName } from './thread-counter.js';
import { Undo } from './undo.js';

/** Between two looks at the loop, unless the threshold asks for more. */
const INTERVAL_MS = 20;
const COUNTER_INTERVAL_MS = 100;

/**
 * How busy the event loop is, and what holds it up. A timer that comes late tells how long the loop had
 * no time for it; how much of that was work, and not sleep, Node itself knows.
 */
export function traceLoop({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  const { tickThreshold } = settings;
  const interval = Math.min(INTERVAL_MS, Math.max(1, tickThreshold / 2));
  const delayName = counterName('event loop delay (ms)');
  const utilizationName = counterName('event loop utilization (%)');
  let last = performance.now();
  let idleBefore = performance.eventLoopUtilization().idle;
  let counted = last;
  let countedLoop = performance.eventLoopUtilization();
  let worstDelay = 0;

  const look = (isLast: boolean) => {
    const now = performance.now();
    const { idle } = performance.eventLoopUtilization();
    const delay = now - last - interval;
    // The thread's work since the last look, at the end of which stands the tick that was too long.
    const length = now - last - (idle - idleBefore);
    const operation = takeActivity();
    if (length >= tickThreshold && (isLast || delay >= tickThreshold - interval)) {
      const args = operation && { operation: operation.name };
      tracer.complete('long tick', now - length, length, 'loop', args);
    }
    last = now;
    idleBefore = idle;
    worstDelay = Math.max(worstDelay, delay);
    if (now - counted >= COUNTER_INTERVAL_MS) {
      const loop = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(loop, countedLoop);
      tracer.counter(delayName, round(worstDelay), 'loop');
      tracer.counter(utilizationName, round(utilization * 100), 'loop');
      counted = now;
      countedLoop = loop;
      worstDelay = 0;
    }
  };
  undo.every(interval, () => look(false));
  // The tick in which the program ends is one, too.
  undo.add(() => look(true));
  return undo;
}

/** Viewers need no more. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
