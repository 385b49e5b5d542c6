/** An escape like \ud83d, behind an even number of backslashes: otherwise its own is escaped. */
const ESCAPE = /(?<!\\)((?:\\\\)*)\\u[dD][89a-fA-F][0-9a-fA-F]{2}/g;

/**
 * Whether the JSON has a surrogate as an escape: for one, even for half of a pair, Perfetto gives up
 * the whole file.
 */
export function hasSurrogateEscape(json: string): boolean {
  return json.search(ESCAPE) >= 0;
}

/** The same JSON with pairs as the characters that they are, and U+FFFD for lone surrogates. */
export function withoutSurrogateEscapes(json: string): string {
  if (!/\\u[dD]/.test(json)) return json;
  // JSON.stringify() joins pairs, and writes lone surrogates as escapes.
  return JSON.stringify(JSON.parse(json)).replace(ESCAPE, '$1\ufffd');
}
