import { getGlobalTracer, Tracer, type TracerHandle, traceAsyncFunction } from 'tracelane';
import { readTrace, type TraceReadError } from 'tracelane/reader';

export const tracer: Tracer = new Tracer('trace.json', { bufferSize: 2 ** 20 });
export const handle: TracerHandle = tracer.handle();
export const later = traceAsyncFunction()(async (count: number) => count);
export const seen = (error: TraceReadError): number => error.offset;

export async function count(): Promise<number> {
  let events = 0;
  for await (const { name } of readTrace('trace.json')) if (name !== '') events++;
  getGlobalTracer().span('counted', 'reader', { events }).end();
  return events;
}
