// webpack's ProfilingPlugin: node test/corpus/generate/webpack.mjs (fetches webpack from npm)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'corpus-'));
writeFileSync(join(folder, 'package.json'), '{}');
execFileSync('npm', ['install', '--silent', 'webpack@5'], { cwd: folder, stdio: 'inherit' });
writeFileSync(join(folder, 'index.js'), 'console.log(1);\n');
const webpack = createRequire(join(folder, 'package.json'))('webpack');
const outputPath = join(folder, 'events.json');
const compiler = webpack({
  context: folder,
  entry: './index.js',
  mode: 'none',
  output: { path: join(folder, 'out') },
  plugins: [new webpack.debug.ProfilingPlugin({ outputPath })],
});
await new Promise((resolve, reject) => compiler.run((error) => (error ? reject(error) : resolve())));
await new Promise((resolve) => compiler.close(resolve));
// Without the CPU profile, which is one event of 400 KB.
const events = JSON.parse(readFileSync(outputPath, 'utf8'));
const lines = events.filter(({ name }) => name !== 'CpuProfile').map((event) => JSON.stringify(event));
const real = fileURLToPath(new URL('../real/webpack.json', import.meta.url));
writeFileSync(real, `[${lines.join(',\n')}]`);
rmSync(folder, { recursive: true });
