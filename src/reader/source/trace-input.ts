/**
 * A trace: the name of a file, plain or packed by gzip or zstd, as a path or a `URL`, or its bytes as
 * they come (a `Readable`, for example). It is said without types of Node's, so that these need not be
 * installed.
 */
export type TraceInput = FileInput | AsyncIterable<Uint8Array>;

/** The name of a file. */
export type FileInput = string | { readonly href: string };
