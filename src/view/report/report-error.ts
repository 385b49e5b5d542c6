/** Why a report cannot be made. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
  readonly code: 'TRACELANE_TOO_LARGE' | 'TRACELANE_CANNOT_READ';

  constructor(code: ReportError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
