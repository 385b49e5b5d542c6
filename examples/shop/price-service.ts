import { createServer, type Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';

/** How long the service thinks. */
const DELAY_MS = 4;

/** Prices change with the day, so the shop asks for them: this stands for a service elsewhere. */
export function createPriceService(): Server {
  return createServer(async (request, response) => {
    const id = Number(request.url?.split('/').at(-1));
    await setTimeout(DELAY_MS);
    const price = 199 + ((id * 7919) % 5000);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id, price }));
  });
}
