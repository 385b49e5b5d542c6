import { performance } from 'node:perf_hooks';
import { takeActivity } from './activity.js';
import type { SourceContext } from './source.js';
import { counterName } from './thread-counter.js';
import { Undo } from './undo.js';

/** Between two looks at the loop, unless the threshold asks for more: it is known to a fifth of that. */
const INTERVAL_MS = 10;
const LOOKS_A_TICK = 5;
/** Timers are late by a part of a millisecond where nothing holds them up. */
const LATE_MS = 1;
const COUNTER_INTERVAL_MS = 100;

/**
 * How busy the event loop is, and what holds it up. A timer that comes late tells how long the loop had
 * no time for it; how much of that was work, and not sleep, and in how many turns, Node itself knows.
 */
export function traceLoop({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  const { tickThreshold } = settings;
  const interval = Math.min(INTERVAL_MS, Math.max(1, tickThreshold / LOOKS_A_TICK));
  const delayName = counterName('event loop delay (ms)');
  const utilizationName = counterName('event loop utilization (%)');
  let last = performance.now();
  let idleBefore = performance.eventLoopUtilization().idle;
  let turnsBefore = turnsOfLoop();
  let counted = last;
  let countedLoop = performance.eventLoopUtilization();
  let worstDelay = 0;

  const look = () => {
    const now = performance.now();
    const { idle } = performance.eventLoopUtilization();
    const turns = turnsOfLoop();
    const delay = now - last - interval;
    const work = now - last - (idle - idleBefore);
    // Of several ticks since the last look, the last one has held this one up: since the timer was due, at least.
    const isOne = turns - turnsBefore <= 1;
    const certain = isOne ? work : Math.min(work, delay - LATE_MS);
    const activity = takeActivity(now - work, now);
    const isIts = activity !== undefined && activity.time > certain / 2;
    const length = isOne || !isIts ? certain : Math.max(certain, now - activity.since);
    if (length >= tickThreshold) {
      const args = isIts ? { operation: activity.operation.name } : undefined;
      tracer.complete('long tick', now - length, length, 'loop', args);
    }
    turnsBefore = turns;
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
  undo.every(interval, look);
  // The tick in which the program ends is one, too.
  undo.add(look);
  return undo;
}

function turnsOfLoop(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount;
}

/** Viewers need no more. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
