import type { ContainerProblem } from '../source/container-problem.js';
import type { TraceFacts } from '../source/entries.js';
import type { EventText, TextFacts } from '../source/list-reader.js';
import type { Progress } from '../source/source.js';

/** What was found, in the order of the file. */
export type Step =
  /** Plain events: rows of the message's slot, and the place in the list of the first of them. */
  | { readonly kind: 'rows'; readonly first: number; readonly index: number; count: number }
  | { readonly kind: 'text'; readonly text: EventText }
  | { readonly kind: 'problem'; readonly problem: ContainerProblem }
  | { readonly kind: 'first bytes'; readonly bytes: Uint8Array };

/** What is found in a stretch of the file. */
export interface FoundMessage {
  readonly kind: 'found';
  readonly steps: readonly Step[];
  /** Names and categories that are new. */
  readonly texts: readonly string[];
  /** Room for an event that is longer than the slot's. */
  readonly largeBytes: SharedArrayBuffer | undefined;
  readonly progress: Progress;
}

export type Message =
  | FoundMessage
  /** A stretch begins: at which place of the file, if an event was found there. */
  | { readonly kind: 'stretch'; readonly number: number; readonly begin: number | undefined }
  /** It ends before the event that begins at a place. */
  | { readonly kind: 'stretch end'; readonly next: number; readonly facts: TextFacts }
  | { readonly kind: 'end'; readonly facts: TraceFacts }
  /** Fields of the error because of which the file cannot be read. */
  | { readonly kind: 'failure'; readonly cause: Readonly<Record<string, unknown>> };
