import type { RequestNames } from './request-names.js';

/** As Node gives them, and programs do; some programs give a list. */
export type Http2Headers = Readonly<Record<string, unknown>>;

/** How a request over HTTP/2 is drawn, from either side. */
export function describeHttp2(names: RequestNames, headers: Http2Headers) {
  const method = String(headers[':method'] ?? 'GET');
  const target = names.of(String(headers[':path'] ?? '/'));
  const args: Record<string, unknown> = {
    'http.request.method': method,
    'url.path': target.path,
    'network.protocol.version': '2',
  };
  return { name: names.name(method, target), args };
}

/** What a reset of its stream adds to a request. */
export function resetOf({ rstCode }: { readonly rstCode: number }): Record<string, unknown> {
  return rstCode > 0 ? { 'error.type': `RST ${rstCode}` } : {};
}
