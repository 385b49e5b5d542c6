/** The steps that each thread of the model can be about to take; a state holds their index. */

export const THREAD_STEPS = [
  'clock',
  'idle',
  'writeHead',
  'writeTail',
  'commit',
  'seal',
  'wakeCount',
  'wakeNotify',
  'loadFreed',
  'loadFreedLate',
  'peek',
  'swap',
  'putSequence',
  'wait',
  'asleep',
  'done',
  'dead',
] as const;
export type ThreadStep = (typeof THREAD_STEPS)[number];

export const WRITER_STEPS = [
  'loadWake',
  'readClock',
  'scanState',
  'scanCommit',
  'scanHeader',
  'take',
  'freeCommit',
  'freeState',
  'freedCount',
  'freedNotify',
  'ask',
  'sleep',
  'asleep',
] as const;
export type WriterStep = (typeof WRITER_STEPS)[number];
