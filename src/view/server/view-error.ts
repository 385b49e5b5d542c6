/** Why a trace cannot be shown, or was not. */
export class ViewError extends Error {
  override readonly name = 'ViewError';
  readonly code:
    | 'TRACELANE_CANNOT_READ'
    | 'TRACELANE_CANNOT_SERVE'
    /** The page did not get the whole file. */
    | 'TRACELANE_NOT_SERVED';

  constructor(code: ViewError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
