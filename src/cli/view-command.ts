import { openBrowser } from '../view/open-browser.js';
import { serveTrace } from '../view/server.js';
import { badOption, print } from './output.js';

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
  const server = await serveTrace({ file, viewer, port });
  print(`${file}: ${server.address}`);
  print(once ? 'Ends when the page has loaded it, or by Ctrl-C.' : 'Ends by Ctrl-C.');
  if (flags.open && !(await openBrowser(server.address))) {
    print('No browser could be started: open the address by hand.');
  }
  await (once ? Promise.race([server.served, interrupted]) : interrupted);
  await server.close();
}
