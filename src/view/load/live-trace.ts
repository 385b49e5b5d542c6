import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TraceReadError } from '../../reader/source/read-error.js';
import type { TraceInput } from '../../reader/source/trace-input.js';
import { TraceModel } from '../model/trace-model.js';
import type { Answers, Failure, Loading, Question } from '../wire/questions.js';
import { FileArguments } from './file-arguments.js';
import { livePartsOf, loadWithParts } from './live-parts.js';
import { type LoadedTrace, loadTrace } from './load-trace.js';

/** How often it is looked whether a file has grown. */
const LOOK_MS = 500;
/** Reading it again may take a fifth of the time. */
const REST = 4;

/** A trace that is being read, or was. One that is followed is read again when its file has changed. */
export class LiveTrace {
  instead: Loading | Failure | undefined = { loading: { read: 0, size: undefined } };
  #loaded: LoadedTrace | undefined;
  #model: TraceModel | undefined;
  readonly #closing = new AbortController();

  /** Reads the trace. Rejects where it cannot be read; those who ask are told then, too. */
  async load(input: TraceInput): Promise<void> {
    try {
      await this.#read(loadTrace(input, this.#progress, this.#closing.signal), 1, false);
    } catch (error) {
      const { code = 'TRACELANE_INTERNAL', message } = error as NodeJS.ErrnoException;
      this.instead = { failure: { code, message } };
      throw error;
    }
  }

  /**
   * Reads the file, and what child processes write beside it, again and again until this is closed. What a
   * program has not finished is a trace at nearly all times; where it is none, or there is no file, the
   * last one that was stands.
   */
  async follow(path: string): Promise<void> {
    let version = 0;
    for (let known = ''; !this.#closing.signal.aborted; ) {
      const parts = livePartsOf(path);
      const state = [path, ...parts].map(stateOf).join();
      const start = performance.now();
      if (state !== known && state !== NO_FILE) {
        try {
          await this.#read(this.#loadAll(path, parts), ++version, true);
        } catch (error) {
          if (!(error instanceof TraceReadError) && !this.#closing.signal.aborted) throw error;
        }
      }
      known = state;
      const pause = Math.max(LOOK_MS, REST * (performance.now() - start));
      await sleep(pause, undefined, { signal: this.#closing.signal }).catch(() => {});
    }
  }

  answer(question: Question): Promise<Answers[Question['ask']]> {
    return (this.#model as TraceModel).answer(question);
  }

  /** What is being read is read no further. */
  close(): void {
    this.#closing.abort();
    this.#loaded?.file.close();
  }

  /** Parts may have been joined to the trace, and be gone, since they were looked for. */
  async #loadAll(path: string, parts: readonly string[]): Promise<LoadedTrace> {
    const { signal } = this.#closing;
    if (parts.length > 0) {
      try {
        return await loadWithParts(path, parts, this.#progress, signal);
      } catch (error) {
        if (!(error instanceof TraceReadError)) throw error;
      }
    }
    return loadTrace(path, this.#progress, signal);
  }

  readonly #progress = (loading: Loading['loading']): void => {
    this.#closing.signal.throwIfAborted();
    if (this.#model === undefined) this.instead = { loading };
  };

  async #read(loading: Promise<LoadedTrace>, version: number, growing: boolean): Promise<void> {
    const { signal } = this.#closing;
    const loaded = await loading;
    this.#loaded?.file.close();
    this.#loaded = loaded;
    const args = new FileArguments(loaded);
    this.#model = new TraceModel(loaded.data, args, version, growing);
    this.instead = undefined;
    if (signal.aborted) loaded.file.close();
  }
}

const NO_FILE = 'no file';

/** Another text when the file has changed. Reading a pipe would wait for what writes to it. */
function stateOf(path: string): string {
  try {
    const stat = statSync(path);
    return stat.isFile() ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : NO_FILE;
  } catch {
    // It may come back: a folder that is moved, a disk of the network.
    return NO_FILE;
  }
}
