import type { PageDoor } from '../../wire/page-door.js';
import { HttpClient } from './http-client.js';

/** Opens the trace of `tracelane view` in the page that has been loaded before this. */
async function open(door: PageDoor): Promise<void> {
  const client = new HttpClient(new URL('ask', location.href), ({ read, size }) =>
    door.progress(read, size),
  );
  // The server sees by this that the page is open: nothing ever comes.
  void fetch(new URL('alive', location.href)).catch(() => {});
  try {
    await client.ask({ ask: 'trace' });
    door.open(client);
  } catch (error) {
    door.fail((error as Error).message);
  }
}

void open((globalThis as unknown as { tracelanePage: PageDoor }).tracelanePage);
