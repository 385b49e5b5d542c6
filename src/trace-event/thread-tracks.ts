/** In traces of tracelane, a thread has tracks below its own: their tids are its tid and this. */
export const FIRST_TRACK_TID = 1_000_000_000;
/** Tids from here on are those of no such track. */
export const END_OF_TRACK_TIDS = 2 * FIRST_TRACK_TID;

/** Whether a tid would be that of a track below a thread. In traces of others, threads may have such, too. */
export function isTrackTid(tid: number): boolean {
  return tid >= FIRST_TRACK_TID && tid < END_OF_TRACK_TIDS;
}

/** The name of the track with the samples of a thread, behind that of the thread. */
export const SAMPLES_TRACK = 'CPU samples';

/** The name of the instant by which a thread says that `count` events of it are missing. */
export const EVENTS_DROPPED = 'events dropped';
