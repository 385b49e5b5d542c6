/**
 * What is measured: a way to record spans. Loops stand here and not in the harness, so that each
 * library is called as a program would call it, with nothing in between.
 */
export interface Subject {
  /** So many spans, one behind the other. */
  spans(count: number): void;
  /** The same with two flat arguments, a number and a short string. */
  spansWithArgs(count: number): void;
  /** The same with an argument that is an object. */
  spansWithNestedArg(count: number): void;
  /** What else this library alone can do: so many calls each, by name. */
  otherCalls?(count: number): Record<string, () => unknown>;
  /** Resolves when what was recorded is in the file. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/** Opens a subject that writes to this file. */
export type OpenSubject = (file: string) => Promise<Subject>;
