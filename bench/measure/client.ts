import { Agent, get } from 'node:http';
import { performance } from 'node:perf_hooks';

/**
 * Requests to the server under test: `client.js PORT SECONDS LOAD`. `paced`: 200 a second, for
 * their latency; `request`: eight connections, each as fast as it gets answers.
 */
const [port = '0', seconds = '5', load = 'paced'] = process.argv.slice(2);
const CONNECTIONS = 8;
const PACE_MS = 5;
const WARM_UP_MS = 500;

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const latencies: number[] = [];

function request(): Promise<void> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const sent = get({ agent, host: '127.0.0.1', port: Number(port) }, (response) => {
      response.resume();
      response.once('end', () => {
        latencies.push(performance.now() - start);
        resolve();
      });
    }).once('error', (error: NodeJS.ErrnoException) => {
      // The server has closed the connection, which had nothing to do, just then.
      if (sent.reusedSocket && error.code === 'ECONNRESET') request().then(resolve, reject);
      else reject(error);
    });
  });
}

async function paced(end: number): Promise<void> {
  while (performance.now() < end) {
    void request();
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
}

async function fast(end: number): Promise<void> {
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() < end) await request();
    }),
  );
}

const run = load === 'paced' ? paced : fast;
await run(performance.now() + WARM_UP_MS);
process.send?.('warm');
latencies.length = 0;
const start = performance.now();
await run(start + Number(seconds) * 1000);
const took = performance.now() - start;
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))] ?? 0;
process.send?.({
  'requests/s': (latencies.length / took) * 1000,
  'latency p50 ms': at(0.5),
  'latency p99 ms': at(0.99),
  'latency p99.9 ms': at(0.999),
});
process.disconnect?.();
