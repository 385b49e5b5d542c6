import type { Failure } from '../../wire/questions.js';

/** Why a question was not answered, in words for a person. */
export class AskError extends Error {
  override readonly name = 'AskError';
  readonly code: string;

  constructor(failure: Failure['failure'] | undefined, options?: ErrorOptions) {
    super(failure?.message ?? 'The trace cannot be asked.', options);
    this.code = failure?.code ?? 'TRACELANE_INTERNAL';
  }
}
