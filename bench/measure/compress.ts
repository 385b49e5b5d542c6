import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { report } from './output.js';

/** The example as a whole, traced or not: `compress.js disabled|on QUICK`. */
const [tracing, quick] = process.argv.slice(2);
const folder = quick === 'quick' ? 'node_modules/speedscope' : 'node_modules';
const example = new URL('../../../build/examples/compress.js', import.meta.url);

process.argv[2] = fileURLToPath(new URL(`../../../${folder}`, import.meta.url));
process.env['TRACE'] = tracing === 'on' ? 'on' : 'off';
const start = performance.now();
await import(example.href);
const { user, system } = process.cpuUsage();
report({ 'wall ms': performance.now() - start, 'CPU ms': (user + system) / 1000 });
