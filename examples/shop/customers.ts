import { setTimeout } from 'node:timers/promises';

/** Milliseconds between an answer and the next request; each customer takes one more than the last. */
const PAUSE_MS = 8;

/** What a customer does, again and again: the third kind is as rare as in life. */
const VISIT = ['list', 'show', 'show', 'list', 'show', 'show', 'order', 'show'] as const;
type Step = (typeof VISIT)[number];
const WORDS = ['cup', 'red', 'jar', 'no. 1', ''];

/**
 * Has so many customers visit the shop at once. How often each kind of request was answered, by its
 * name.
 */
export async function runCustomers(
  address: string,
  customers: number,
  milliseconds: number,
): Promise<Map<string, number>> {
  const answers = new Map<string, number>();
  const end = performance.now() + milliseconds;
  const visit = async (customer: number): Promise<void> => {
    for (let i = customer; performance.now() < end; i++) {
      const name = await request(address, VISIT[i % VISIT.length] ?? 'list', 1 + ((i * 37) % 400));
      answers.set(name, (answers.get(name) ?? 0) + 1);
      // So that they do not come in step.
      await setTimeout(PAUSE_MS + customer);
    }
  };
  await Promise.all(Array.from({ length: customers }, (_, customer) => visit(customer)));
  return answers;
}

async function request(address: string, step: Step, product: number): Promise<string> {
  if (step === 'list') {
    const like = encodeURIComponent(WORDS[product % WORDS.length] ?? '');
    await answered(fetch(`${address}/products?like=${like}`));
    return 'GET /products';
  }
  if (step === 'show') {
    await answered(fetch(`${address}/products/${product}`));
    return 'GET /products/:id';
  }
  const body = JSON.stringify({ product, count: 1 + (product % 3) });
  await answered(fetch(`${address}/orders`, { method: 'POST', body }));
  return 'POST /orders';
}

async function answered(asked: Promise<Response>): Promise<void> {
  const response = await asked;
  const text = await response.text();
  if (!response.ok) throw new Error(`The shop says ${response.status}: ${text}`);
}
