import { setGlobalTracer, Tracer, traceAsyncFunction, traceFunction } from 'tracelane';

// Calls a traced function and looks away: node forget-rejection.js <trace file> <which> [catch]

const failing: Readonly<Record<string, () => Promise<void>>> = {
  'async function': traceFunction({ name: 'failing' })(async () => {
    await null;
    throw new Error('nobody looks');
  }),
  'plain function': traceFunction({ name: 'failing' })(() =>
    Promise.reject(new Error('nobody looks')),
  ),
  'traceAsyncFunction of an async function': traceAsyncFunction({ name: 'failing' })(async () => {
    await null;
    throw new Error('nobody looks');
  }),
  'traceAsyncFunction of a plain function': traceAsyncFunction({ name: 'failing' })(() =>
    Promise.reject(new Error('nobody looks')),
  ),
};

const [file, which = '', handling] = process.argv.slice(2);
setGlobalTracer(new Tracer(file).start());
const promise = failing[which]?.();
if (handling === 'catch') promise?.catch(() => console.log('caught'));
