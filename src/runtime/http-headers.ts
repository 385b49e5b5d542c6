import type { OutgoingMessage } from 'node:http';

type Headers = Record<string, unknown>;

/**
 * The headers of a message of HTTP/1.1 as they go out; up to then, those that are set. Node does not keep those
 * that are given to `writeHead()`, or as a list: they are only in the text that it sends.
 */
export function sentHeaders(message: OutgoingMessage): Headers {
  const { _header: text } = message as { _header?: unknown };
  return typeof text === 'string' ? parseHeaders(text) : message.getHeaders();
}

/** Those that undici has: names and values in turn, as texts or bytes; in undici 5, the text of a request. */
export function undiciHeaders(given: unknown): Headers {
  if (typeof given === 'string') return parseHeaders(`\r\n${given}`);
  const headers = Object.create(null) as Headers;
  if (!Array.isArray(given)) return headers;
  for (let i = 0; i + 1 < given.length; i += 2) addHeader(headers, given[i], given[i + 1]);
  return headers;
}

/** The first line is none. */
function parseHeaders(text: string): Headers {
  const headers = Object.create(null) as Headers;
  for (const line of text.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon >= 0) addHeader(headers, line.slice(0, colon), line.slice(colon + 1));
  }
  return headers;
}

/** One that is there more than once has a list. */
function addHeader(headers: Headers, given: unknown, value: unknown): void {
  const name = String(given).toLowerCase();
  const values = [value].flat().map((one) => String(one).trim());
  const all = name in headers ? [headers[name], values].flat() : values;
  headers[name] = all.length === 1 ? all[0] : all;
}
