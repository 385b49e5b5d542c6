import { TraceReadError } from '../reader/source/read-error.js';
import { hasSlices } from '../reader/summary/has-slices.js';
import { openBrowser } from '../view/open-browser.js';
import { serveTrace, type ViewError } from '../view/server.js';
import { badOption, complain, print, withProgress } from './output.js';
import { printable } from './text.js';

export interface ViewFlags {
  readonly speedscope?: boolean;
  readonly port?: number;
  readonly once?: boolean;
  readonly open: boolean;
}

/** `tracelane view FILE` */
export async function viewCommand(file: string, flags: ViewFlags): Promise<void> {
  const { port, once = false } = flags;
  const viewer = flags.speedscope === true ? 'speedscope' : 'perfetto';
  if (file === '-') {
    const problem = 'view takes a file by its name: pages load it whenever they like';
    throw badOption(problem);
  }
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  let fail = (_: ViewError): void => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // It may fail while a browser is being started, before anything waits for it.
  failed.catch(() => {});
  // Without --once, the page can be loaded again.
  const onFailure = (error: ViewError): void =>
    once ? fail(error) : complain(`tracelane: ${printable(error.message)}`);
  const server = await serveTrace({ file, viewer, port, onFailure });
  try {
    if (viewer === 'speedscope' && (await isEmptyInSpeedscope(file))) complain(EMPTY);
    print(`${printable(file)}: ${server.address}`);
    print(once ? 'Ends when the page has loaded it, or by Ctrl-C.' : 'Ends by Ctrl-C.');
    if (flags.open && !(await openBrowser(server.address))) {
      print('No browser could be started: open the address by hand.');
    }
    await (once ? Promise.race([server.served, failed, interrupted]) : interrupted);
  } finally {
    await server.close();
  }
}

const EMPTY =
  'speedscope will show nothing: it draws slices only (X, B and E), and this trace has none. ' +
  'The Perfetto UI shows the rest: leave out --speedscope.';

async function isEmptyInSpeedscope(file: string): Promise<boolean> {
  try {
    return !(await withProgress((update) => hasSlices(file, update)));
  } catch (error) {
    // speedscope opens files of other formats, too.
    if (error instanceof TraceReadError) return false;
    throw error;
  }
}
