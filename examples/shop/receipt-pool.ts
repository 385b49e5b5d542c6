import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const SCRIPT = new URL('./receipt-writer.js', import.meta.url);

/** What a receipt says. The price is in cents. */
export interface Sale {
  readonly number: number;
  readonly product: string;
  readonly count: number;
  readonly price: number;
}

interface Job {
  readonly sale: Sale;
  readonly resolve: (receipt: string) => void;
  readonly reject: (error: unknown) => void;
}

/** Worker threads that write receipts, each one at a time. */
export class ReceiptPool {
  readonly #workers: readonly Worker[];
  readonly #idle: Worker[];
  readonly #waiting: Job[] = [];

  constructor(size: number) {
    this.#workers = Array.from({ length: size }, () => new Worker(SCRIPT));
    this.#idle = [...this.#workers];
  }

  write(sale: Sale): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ sale, resolve, reject });
      this.#handOut();
    });
  }

  /** When all receipts are written. */
  async close(): Promise<void> {
    const exits = this.#workers.map((worker) => once(worker, 'exit'));
    for (const worker of this.#workers) worker.postMessage('close');
    await Promise.all(exits);
  }

  #handOut(): void {
    const worker = this.#idle[0];
    const job = this.#waiting[0];
    if (worker === undefined || job === undefined) return;
    this.#idle.shift();
    this.#waiting.shift();
    once(worker, 'message').then(([receipt]) => {
      job.resolve(receipt);
      this.#idle.push(worker);
      this.#handOut();
    }, job.reject);
    worker.postMessage(job.sale);
  }
}
