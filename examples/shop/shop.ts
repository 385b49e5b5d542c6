/**
 * A shop that knows nothing of tracelane: HTTP, SQL, a service that it asks for prices, and threads
 * that write receipts. It is open until its standard input ends.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Catalog } from './catalog.js';
import { openDatabase } from './database.js';
import { close, listen } from './listening.js';
import { createPriceService } from './price-service.js';
import { ReceiptPool } from './receipt-pool.js';

const WRITERS = 2;

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
}

interface Order {
  readonly product: number;
  readonly count: number;
}

const NOT_FOUND: Answer = { status: 404, type: 'text/plain', body: 'There is no such thing.\n' };

const catalog = new Catalog(await openDatabase());
const receipts = new ReceiptPool(WRITERS);
const priceService = createPriceService();
const prices = await listen(priceService);
const shop = createServer((request, response) => void respond(request, response));
console.log(`The shop is open at ${await listen(shop)}`);

// A signal would do on most systems; on Windows, one ends a process before it can close.
process.stdin.resume().on('end', async () => {
  await close(shop);
  await close(priceService);
  await receipts.close();
  catalog.close();
});

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await answerTo(request).catch((error: unknown) => {
    console.error(error);
    return { status: 500, type: 'text/plain', body: 'Something went wrong.\n' };
  });
  const { status, type = 'application/json', body } = answer;
  response.writeHead(status, { 'content-type': type }).end(body);
}

async function answerTo(request: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://shop');
  const [, collection, id] = pathname.split('/');
  if (request.method === 'GET' && collection === 'products') {
    return id === undefined ? listProducts(searchParams.get('like')) : showProduct(Number(id));
  }
  if (request.method === 'POST' && pathname === '/orders') {
    return takeOrder(JSON.parse(await textOf(request)));
  }
  return NOT_FOUND;
}

function listProducts(like: string | null): Answer {
  return { status: 200, body: JSON.stringify(catalog.find(like ?? '')) };
}

async function showProduct(id: number): Promise<Answer> {
  const product = catalog.product(id);
  if (product === undefined) return NOT_FOUND;
  return { status: 200, body: JSON.stringify({ ...product, price: await priceOf(id) }) };
}

async function takeOrder({ product: id, count }: Order): Promise<Answer> {
  const product = catalog.product(id);
  if (product === undefined) return NOT_FOUND;
  const price = await priceOf(id);
  const number = catalog.order(id, count, price);
  const receipt = await receipts.write({ number, product: product.name, count, price });
  return { status: 201, type: 'text/html', body: receipt };
}

/** Cents. */
async function priceOf(id: number): Promise<number> {
  const response = await fetch(`${prices}/prices/${id}`);
  if (!response.ok) throw new Error(`The price service says ${response.status}.`);
  const { price } = (await response.json()) as { price: number };
  return price;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
