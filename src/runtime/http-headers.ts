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

/** One that is there more than once has a list. The first line is none. */
function parseHeaders(text: string): Headers {
  const headers = Object.create(null) as Headers;
  for (const line of text.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? [headers[name], value].flat() : value;
  }
  return headers;
}
