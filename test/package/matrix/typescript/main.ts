import { setGlobalTracer, Tracer, type TraceStats, traceFunction } from 'tracelane';
import { readTrace } from 'tracelane/reader';

const file = process.argv[2] as string;
const tracer: Tracer = new Tracer(file).start();
setGlobalTracer(tracer);
const work = traceFunction({ name: 'work' })((a: number, b: number) => a + b);

/** What was recorded, as the reader sees it. */
async function names(): Promise<string[]> {
  const found: string[] = [];
  for await (const { ph, name } of readTrace(file)) if (ph !== 'M') found.push(name);
  return found;
}

async function main(): Promise<void> {
  tracer.trace('main', () => work(1, 2));
  const { events, dropped }: TraceStats = await tracer.stop();
  console.log(`${events} events, ${dropped} dropped: ${(await names()).sort().join(', ')}`);
}

void main();
