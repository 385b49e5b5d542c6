import type { PageDoor } from '../../wire/page-door.js';
import type { Carried, ReportScope } from './carried.js';
import { WorkerClient } from './worker-client.js';

/** Opens the trace that stands in the same file: behind all of it. */
async function open(door: PageDoor, { worker, payload }: Carried): Promise<void> {
  document.getElementById('tracelane-summary')?.remove();
  try {
    const script = URL.createObjectURL(new Blob(worker, { type: 'text/javascript' }));
    const running = new Worker(script);
    running.postMessage(new Blob(payload));
    const client = new WorkerClient(running);
    await client.ask({ ask: 'trace' });
    door.open(client);
  } catch (error) {
    door.fail((error as Error).message);
  }
}

const scope = globalThis as unknown as ReportScope & { readonly tracelanePage: PageDoor };
void open(scope.tracelanePage, scope.tracelaneCarried as Carried);
// The worker has it now.
delete scope.tracelaneCarried;
