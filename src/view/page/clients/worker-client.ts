import type { Answers, Asked, Failure, QuestionOf, TraceClient } from '../../wire/questions.js';
import { AskError } from './ask-error.js';

/** What a worker is asked. */
export interface WorkerQuestion {
  readonly id: number;
  readonly question: QuestionOf<Asked>;
}

/** What it says. */
export type WorkerAnswer = { readonly id: number } & (
  | { readonly answer: Answers[Asked] }
  | Failure
);

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Asks a worker of the same page. */
export class WorkerClient implements TraceClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<WorkerAnswer>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ('failure' in data) waiting?.reject(new AskError(data.failure));
      else waiting?.resolve(data.answer as never);
    });
    worker.addEventListener('error', ({ message }) => {
      const error = new AskError({ code: 'TRACELANE_INTERNAL', message });
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  ask<Kind extends Asked>(
    question: QuestionOf<Kind>,
    signal?: AbortSignal,
  ): Promise<Answers[Kind]> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const id = ++this.#last;
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      signal?.addEventListener('abort', () => {
        if (this.#waiting.delete(id)) reject(signal.reason);
      });
      this.#worker.postMessage({ id, question } satisfies WorkerQuestion);
    });
  }
}
