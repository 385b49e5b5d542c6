import { spawn } from 'node:child_process';

/** The program that opens an address in the user's browser. It is run without a shell. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
const OTHERS: readonly string[] = ['xdg-open'];

/** If the program has not failed by then, the browser is taken to be open. */
const PATIENCE_MS = 1000;

/** Opens an address in the browser; false if that cannot be started. */
export function openBrowser(address: string): Promise<boolean> {
  const [command = '', ...args] = OPENERS[process.platform] ?? OTHERS;
  return new Promise((resolve) => {
    const child = spawn(command, [...args, address], { detached: true, stdio: 'ignore' });
    const timer = setTimeout(() => resolve(true), PATIENCE_MS);
    const settle = (opened: boolean) => {
      clearTimeout(timer);
      resolve(opened);
    };
    child.once('error', () => settle(false));
    child.once('exit', (code) => settle(code === 0));
    child.unref();
  });
}
