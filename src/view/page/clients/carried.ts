/** What a report carries, as it is decoded while the page is read. */
export interface Carried {
  /** The script of the worker. */
  readonly worker: Uint8Array<ArrayBuffer>[];
  /** The trace. */
  readonly payload: Uint8Array<ArrayBuffer>[];
}

/** What the scripts of a report share. */
export interface ReportScope {
  tracelaneCarried?: Carried;
  /** Takes the piece of data that stands before the script which calls this. */
  T?: () => void;
}
