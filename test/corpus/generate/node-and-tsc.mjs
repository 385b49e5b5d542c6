// Node's trace events and `tsc --generateTrace`: node test/corpus/generate/node-and-tsc.mjs
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const real = fileURLToPath(new URL('../real/', import.meta.url));
const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'corpus-'));
const run = (args) => execFileSync(process.execPath, args, { cwd: folder, stdio: 'inherit' });

const categories = 'v8,node.perf,node.async_hooks,node';
const program = `setTimeout(() => { performance.mark('a'); performance.measure('m', 'a'); }, 5);`;
run(['--trace-events-enabled', '--trace-event-categories', categories, '-e', program]);
cpSync(join(folder, 'node_trace.1.log'), join(real, 'node.json'));

writeFileSync(join(folder, 'a.ts'), 'export const a: { b?: number } = {};\n');
writeFileSync(join(folder, 'tsconfig.json'), '{ "compilerOptions": { "noLib": true, "types": [] } }');
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
try {
  run([tsc, '--generateTrace', 'out', '--noEmit']);
} catch {
  // Without a library it finds errors, and writes its trace all the same.
}
cpSync(join(folder, 'out', 'trace.json'), join(real, 'tsc.json'));
rmSync(folder, { recursive: true });
