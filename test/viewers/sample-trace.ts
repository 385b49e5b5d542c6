export type Fields = Readonly<Record<string, unknown>>;

export function event(ph: string, name: string, ts: number, more: Fields = {}): Fields {
  return { name, cat: 'default', ph, ts, pid: 10, tid: 1, args: {}, ...more };
}

export function complete(name: string, ts: number, dur: number, more: Fields = {}): Fields {
  return event('X', name, ts, { dur, ...more });
}

export function traceText(events: readonly Fields[]): string {
  return `[${events.map((fields) => JSON.stringify(fields)).join(',\n')}]\n`;
}

/** A bit of everything, in the order of a recorder that writes a span when it ends. */
export const sampleEvents: readonly Fields[] = [
  event('M', 'process_name', 0, { cat: '__metadata', args: { name: 'app' } }),
  event('M', 'thread_name', 0, { cat: '__metadata', args: { name: 'main' } }),
  event('M', 'thread_name', 0, { cat: '__metadata', tid: 2, args: { name: 'worker' } }),
  event('M', 'thread_sort_index', 0, { cat: '__metadata', tid: 2, args: { sort_index: 2 } }),
  complete('leaf', 1120.5, 0.001),
  event('i', 'mark', 1150, { s: 't' }),
  complete('inner', 1100, 100.25, { cat: 'db', args: { rows: 3 } }),
  complete('outer', 1000.001, 500.5),
  event('s', 'wake', 1100, { cat: 'db', id: '0xa1' }),
  event('f', 'wake', 1300, { cat: 'db', id: '0xa1', bp: 'e', tid: 2 }),
  complete('job', 1300, 50, { cat: 'db', tid: 2 }),
  event('b', 'load', 1010, { id: '0xa0001', args: { url: 'a' } }),
  event('b', 'read', 1020, { id: '0xa0001' }),
  event('n', 'load', 1025, { id: '0xa0001' }),
  event('e', 'read', 1030.5, { id: '0xa0001' }),
  event('e', 'load', 1040, { id: '0xa0001' }),
  event('C', 'heap', 1015, { args: { used: 10, free: 5.5 } }),
  event('C', 'heap', 1115, { args: { used: 12, free: 3.5 } }),
  complete('poll', 1700, 10),
  event('B', 'stuck', 1600, { args: { on: 'lock' } }),
];
