import { parentPort, workerData } from 'node:worker_threads';
import { ROLE_THREAD } from './recorder/arena/layout.js';
import { claimRole, runWriter, type WriterData } from './recorder/writer/run.js';

// The thread that writes the trace: a bootstrap and little more. If the program ended, or the
// tracer was stopped, before this thread was up, its owner has written the trace by itself.
const data = workerData as WriterData;
if (claimRole(data, ROLE_THREAD)) {
  runWriter(data, () => parentPort?.postMessage('problem'));
}
