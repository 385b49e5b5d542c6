import { setGlobalTracer, Tracer } from 'tracelane';

const [, , kind, moment, file] = process.argv;
const workers = { minThreads: 2, maxThreads: 2 };
const filename = new URL('worker.mjs', import.meta.url).href;

async function makePool() {
  const { default: Pool } = await import(kind);
  return new Pool({ filename, ...workers });
}

/** Keeps every worker of a pool busy, so that none is still to start. */
async function warmUp(pool) {
  await Promise.all(Array.from({ length: 8 }, () => pool.run({})));
}

if (moment === 'before') {
  const tracer = new Tracer(file).start();
  setGlobalTracer(tracer);
  const pool = await makePool();
  await Promise.all(Array.from({ length: 20 }, (_, number) => pool.run({ number })));
  await pool.destroy();
  console.log((await tracer.stop()).events);
} else {
  const pool = await makePool();
  await warmUp(pool);
  const tracer = new Tracer(file).start();
  const handle = tracer.handle();
  await Promise.all(Array.from({ length: 20 }, (_, number) => pool.run({ number, handle })));
  await pool.destroy();
  console.log((await tracer.stop()).events);
}
