import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ViewError } from './view-error.js';

export const LOOPBACK = '127.0.0.1';

/** A path that other pages, and other users of this machine, cannot guess. */
export function secretFolder(): string {
  return `/${randomBytes(16).toString('hex')}/`;
}

/**
 * Whether a request comes from a page of this server, or from one of a stranger that is let in. `Origin`
 * says whose page asks. `Host` counts, too: a stranger's page could come from a domain that it makes lead
 * to 127.0.0.1 (DNS rebinding).
 */
export function isWelcome({ headers, socket }: IncomingMessage, stranger?: string): boolean {
  const { host, origin } = headers;
  const hosts = [LOOPBACK, 'localhost'].map((name) => `${name}:${socket.localPort}`);
  if (host === undefined || !hosts.includes(host)) return false;
  return (
    origin === undefined || origin === stranger || hosts.some((own) => origin === `http://${own}`)
  );
}

/** Answers with nothing but a status. */
export function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 204 ? {} : { 'content-length': 0 }).end();
}

/**
 * Listens on a port of loopback, and gives its number.
 *
 * @param port What the user wants.
 * @param favourite What is tried first if the user wants none.
 * @throws {ViewError} where it is taken.
 */
export async function listen(
  server: Server,
  port: number | undefined,
  favourite: number,
): Promise<number> {
  const wanted = port ?? favourite;
  try {
    await listenOn(server, wanted);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (port !== undefined || code !== 'EADDRINUSE') {
      const reason = REASONS.get(code ?? '') ?? `cannot be had: ${code}`;
      const problem =
        `The trace cannot be shown: port ${wanted} of ${LOOPBACK} ${reason}. Give another --port, or ` +
        'none: then a free one is taken.';
      throw new ViewError('TRACELANE_CANNOT_SERVE', problem, { cause });
    }
    await listenOn(server, 0);
  }
  return (server.address() as AddressInfo).port;
}

function listenOn(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Why a port cannot be had. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'is in use by another program'],
  ['EACCES', 'is not for you: the system keeps it for programs with more rights'],
]);

/** Stops a server, with all connections to it. */
export function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
