import { basename } from 'node:path';
import { TraceReadError } from '../reader/source/read-error.js';
import { checkReadable } from '../reader/source/source.js';
import { hasSlices } from '../reader/summary/has-slices.js';
import { LiveTrace } from '../view/load/live-trace.js';
import { handOver } from '../view/server/hand-over.js';
import { openBrowser } from '../view/server/open-browser.js';
import type { ViewError } from '../view/server/view-error.js';
import { serveViewer } from '../view/server/viewer.js';
import { badOption, complain, inputOf, print, withProgress } from './output.js';
import { printable } from './text.js';

export interface ViewFlags {
  readonly perfetto?: boolean;
  readonly speedscope?: boolean;
  readonly follow?: boolean;
  readonly port?: number;
  readonly once?: boolean;
  readonly open: boolean;
}

/** `tracelane view FILE` */
export async function viewCommand(file: string, flags: ViewFlags): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    const signals = ['SIGINT', 'SIGTERM'] as const;
    const end = () => {
      resolve();
      // The second one ends this at once. Others who listen to the first one see that it is taken.
      queueMicrotask(() => {
        for (const signal of signals) process.off(signal, end);
      });
    };
    for (const signal of signals) process.on(signal, end);
  });
  if (flags.perfetto === true || flags.speedscope === true) {
    await viewElsewhere(file, flags, interrupted);
  } else await viewHere(file, flags, interrupted);
}

/** In tracelane's own viewer. */
async function viewHere(
  file: string,
  { follow = false, port, once = false, open }: ViewFlags,
  interrupted: Promise<void>,
): Promise<void> {
  if (follow && file === '-') throw badOption('--follow takes a file by its name, not a pipe');
  // Before a browser opens for nothing.
  if (!follow && file !== '-') checkReadable(file);
  const trace = new LiveTrace();
  const name = file === '-' ? 'standard input' : basename(file);
  const server = await serveViewer({ name, answering: trace, port });
  try {
    // The page opens at once, and shows how far reading has come.
    const reading = follow ? trace.follow(file) : trace.load(inputOf(file));
    // It may fail while a browser is being started, before anything waits for it.
    reading.catch(() => {});
    await announce(file, server.address, { once, open }, 'is closed');
    const over = once ? Promise.race([server.left, interrupted]) : interrupted;
    await Promise.race([reading.then(() => over), over]);
  } finally {
    await server.close();
    trace.close();
  }
}

/** In a viewer that others have made, which gets the whole file. */
async function viewElsewhere(
  file: string,
  { speedscope = false, follow = false, port, once = false, open }: ViewFlags,
  interrupted: Promise<void>,
): Promise<void> {
  const viewer = speedscope ? 'speedscope' : 'perfetto';
  if (file === '-') {
    throw badOption(`--${viewer} takes a file by its name: the page loads it whenever it likes`);
  }
  if (follow) throw badOption(`--follow is not for --${viewer}, which loads the file once`);
  let fail = (_: ViewError): void => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // It may fail while a browser is being started, before anything waits for it.
  failed.catch(() => {});
  // Without --once, the page can be loaded again.
  const onFailure = (error: ViewError): void =>
    once ? fail(error) : complain(`tracelane: ${printable(error.message)}`);
  const server = await handOver({ file, viewer, port, onFailure });
  try {
    if (viewer === 'speedscope' && (await isEmptyInSpeedscope(file))) complain(EMPTY);
    await announce(file, server.address, { once, open }, 'has loaded it');
    await (once ? Promise.race([server.served, failed, interrupted]) : interrupted);
  } finally {
    await server.close();
  }
}

async function announce(
  file: string,
  address: string,
  { once, open }: { readonly once: boolean; readonly open: boolean },
  endsWhen: string,
): Promise<void> {
  print(`${file === '-' ? 'standard input' : printable(file)}: ${address}`);
  print(once ? `Ends when the page ${endsWhen}, or by Ctrl-C.` : 'Ends by Ctrl-C.');
  if (open && !(await openBrowser(address))) {
    print('No browser could be started: open the address by hand.');
  }
}

const EMPTY =
  'speedscope will show nothing: it draws slices only (X, B and E), and this trace has none. ' +
  'Leave out --speedscope to see the rest.';

async function isEmptyInSpeedscope(file: string): Promise<boolean> {
  try {
    return !(await withProgress((update) => hasSlices(file, update)));
  } catch (error) {
    // speedscope opens files of other formats, too.
    if (error instanceof TraceReadError) return false;
    throw error;
  }
}
