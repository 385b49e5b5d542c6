export type Severity = 'error' | 'warning';

export interface Finding {
  rule: string;
  severity: Severity;
  /** Index of the event, 0-based: the file has one event a line. */
  line: number;
  message: string;
}

export type Report = (rule: string, line: number, message: string, severity?: Severity) => void;

/** An event as the file has it: any field may be missing or of any type. */
export interface RawEvent {
  readonly ph?: unknown;
  readonly name?: unknown;
  readonly cat?: unknown;
  readonly args?: unknown;
  readonly ts?: unknown;
  readonly dur?: unknown;
  readonly pid?: unknown;
  readonly tid?: unknown;
  readonly id?: unknown;
  readonly id2?: unknown;
  readonly s?: unknown;
  readonly bp?: unknown;
  readonly cname?: unknown;
  readonly sf?: unknown;
  readonly esf?: unknown;
  readonly stack?: unknown;
  readonly estack?: unknown;
}

/** An event whose phase, thread and time are sound, so that its place in the trace is known. */
export interface TimedEvent {
  readonly line: number;
  readonly ph: string;
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  /** Nanoseconds since the first timed event of the file. */
  readonly start: number;
  /** Equal to `start` but for complete events. */
  readonly end: number;
  readonly raw: RawEvent;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Viewers sort by time before they read; at equal times the order of the file decides. */
export function byTime(a: TimedEvent, b: TimedEvent): number {
  return a.start - b.start || a.line - b.line;
}

export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
