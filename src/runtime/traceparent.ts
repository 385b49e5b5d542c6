/** The header of W3C trace context. */
export const TRACEPARENT = 'traceparent';

/** What a request carries in its header. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** How the header names the operation of the side that sends it: 16 hexadecimal digits. */
  readonly spanId: string;
}

/** The text of the header. */
export function headerOf({ traceId, spanId }: TraceContext): string {
  return `00-${traceId}-${spanId}-01`;
}

/** Version, trace, span and flags. Ids of nothing but zeros stand for none. */
const HEADER =
  /^(?!ff)([\da-f]{2})-((?!0{32})[\da-f]{32})-((?!0{16})[\da-f]{16})-[\da-f]{2}(?:$|-)/;
/** Of version 00. Those to come may have more behind the flags. */
const HEADER_LENGTH = 55;

/** What a header says; undefined where it is not of the form that the specification wants. */
export function readHeader(text: string): TraceContext | undefined {
  const [, version, traceId, spanId] = HEADER.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return version === '00' && text.length > HEADER_LENGTH ? undefined : { traceId, spanId };
}
