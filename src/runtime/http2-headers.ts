import { queryOf, type RequestNames } from './request-names.js';
import type { RuntimeSettings } from './settings.js';

/** As Node gives them, and programs do; some programs give a list. */
export type Http2Headers = Readonly<Record<string, unknown>>;

/** How a request over HTTP/2 is drawn, from either side. */
export function describeHttp2(
  names: RequestNames,
  headers: Http2Headers,
  { capture }: RuntimeSettings,
) {
  const method = String(headers[':method'] ?? 'GET');
  const path = String(headers[':path'] ?? '/');
  const target = names.of(path);
  const args: Record<string, unknown> = {
    'http.request.method': method,
    'url.path': target.path,
    'network.protocol.version': '2',
  };
  if (capture.has('url-query')) args['url.query'] = queryOf(path);
  if (capture.has('headers')) args['http.request.headers'] = fieldsOf(headers);
  return { name: names.name(method, target), method, args };
}

/** The headers without those that say what the request is, among them the query of its address. */
export function fieldsOf(headers: Http2Headers = {}): Http2Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')));
}

/** What a reset of its stream adds to a request. */
export function resetOf({ rstCode }: { readonly rstCode: number }): Record<string, unknown> {
  return rstCode > 0 ? { 'error.type': `RST ${rstCode}` } : {};
}
