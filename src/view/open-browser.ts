import { spawn } from 'node:child_process';

/** What opens an address in the browser of choice. No shell: an address is never a command. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
const OTHERS: readonly string[] = ['xdg-open'];

/** How long a program that opens browsers may take to say that it cannot. */
const PATIENCE_MS = 1000;

/** Opens an address in the browser; false where there is none to be started. */
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
