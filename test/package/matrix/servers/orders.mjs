import { setTimeout as sleep } from 'node:timers/promises';
import { getGlobalTracer } from 'tracelane';

const SLOW_MS = 200;
const tracer = getGlobalTracer();

/** Works on an order, and says in all that it records which one that is. */
export function placeOrder(text, { isSlow }) {
  const number = Number(text);
  const work = async () => {
    console.log(`began ${number}`);
    await sleep(isSlow ? SLOW_MS : Math.random() * 10);
    tracer.span('check', 'orders', { number }).end();
    await tracer.trace('charge', () => sleep(Math.random() * 5), 'db', { number });
    console.log(`done ${number}`);
    return { number };
  };
  return tracer.trace('place order', work, 'orders', { number });
}
