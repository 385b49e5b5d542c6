import { groupBy, isObject, type Report, type TimedEvent } from './event.js';

/** chrome://tracing fixes the series of a counter by its first event. */
export function checkCounters(events: readonly TimedEvent[], report: Report): void {
  const counters = events.filter((event) => event.ph === 'C');
  for (const event of counters) checkValues(event, report);
  for (const counter of groupBy(counters, ({ pid, name }) => `${pid} ${name}`).values()) {
    checkSameKeys(counter, report);
  }
}

function checkValues({ raw, line, name }: TimedEvent, report: Report): void {
  if (!isObject(raw.args)) return;
  const values = Object.entries(raw.args);
  if (values.length === 0) report('counter-value', line, `counter "${name}" has no value`);
  for (const [key, value] of values) {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      report('counter-value', line, `"${key}" must be a number, not ${JSON.stringify(value)}`);
    }
  }
}

function checkSameKeys(counter: readonly TimedEvent[], report: Report): void {
  const [first, ...rest] = counter;
  if (first === undefined) return;
  const expected = keysOf(first);
  for (const event of rest) {
    if (keysOf(event) !== expected) {
      const message = `keys ${keysOf(event)}, those of event ${first.line} are ${expected}`;
      report('counter-keys', event.line, message);
    }
  }
}

function keysOf({ raw }: TimedEvent): string {
  return isObject(raw.args) ? JSON.stringify(Object.keys(raw.args).sort()) : '[]';
}
