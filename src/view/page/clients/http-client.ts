import { decodePicture } from '../../wire/picture-bytes.js';
import type {
  Answers,
  Asked,
  Failure,
  Loading,
  QuestionOf,
  TraceClient,
} from '../../wire/questions.js';
import { AskError } from './ask-error.js';

/** How long to wait before asking once more, while the trace is being read. */
const WAIT_MS = 100;

/** How a server refuses pages that it does not know. */
const STRANGER: readonly number[] = [403, 404];
/** Each `tracelane view` has an address of its own, also where it has the port of another one. */
const OTHER_VIEW = {
  code: 'TRACELANE_CANNOT_READ',
  message:
    'This page is of another tracelane view than the one that answers now. Open the address that this one has printed.',
};

/** Asks the process of `tracelane view`. */
export class HttpClient implements TraceClient {
  readonly #address: URL;
  readonly #onLoading: (loading: Loading['loading']) => void;

  /** @param onLoading Called again and again while a question waits for the trace to be read. */
  constructor(address: URL, onLoading: (loading: Loading['loading']) => void) {
    this.#address = address;
    this.#onLoading = onLoading;
  }

  async ask<Kind extends Asked>(
    question: QuestionOf<Kind>,
    signal: AbortSignal | null = null,
  ): Promise<Answers[Kind]> {
    for (;;) {
      const response = await this.#post(JSON.stringify(question), signal);
      if (response.headers.get('content-type') === 'application/octet-stream') {
        return decodePicture(new Uint8Array(await response.arrayBuffer())) as Answers[Kind];
      }
      if (STRANGER.includes(response.status)) throw new AskError(OTHER_VIEW);
      const answer: unknown = response.status < 500 ? await response.json() : undefined;
      if (response.status === 202) {
        this.#onLoading((answer as Loading).loading);
        await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
        signal?.throwIfAborted();
      } else if (response.ok) return (answer ?? undefined) as Answers[Kind];
      else throw new AskError((answer as Failure | undefined)?.failure);
    }
  }

  async #post(body: string, signal: AbortSignal | null): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    try {
      return await fetch(this.#address, { method: 'POST', headers, body, signal });
    } catch (cause) {
      signal?.throwIfAborted();
      const message = 'tracelane view does not answer any more. Start it again.';
      throw new AskError({ code: 'TRACELANE_CANNOT_READ', message }, { cause });
    }
  }
}
