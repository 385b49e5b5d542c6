import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { Parser } from 'acorn';
import { setGlobalTracer, Tracer, traceFunction } from 'tracelane';
import { report, withFile } from './output.js';

/**
 * A program that does nothing but compute: a parser over large real sources, with a span for each
 * statement and each expression: `program.js off|disabled|on QUICK`.
 */
const [tracing = 'off', quick] = process.argv.slice(2);
const SOURCES = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
const LARGE = 100_000;

function sources(): string[] {
  const large = readdirSync(SOURCES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(js|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => readFileSync(path, 'utf8'))
    .filter((text) => text.length > LARGE);
  // The largest take seconds.
  if (quick === 'quick') return large.sort((a, b) => a.length - b.length).slice(0, 3);
  return large.slice(0, 40);
}

type Methods = Record<string, (...args: unknown[]) => unknown>;

/** The same parser with its main methods traced. */
function traced(): typeof Parser {
  class TracedParser extends Parser {}
  const from = Parser.prototype as unknown as Methods;
  const to = TracedParser.prototype as unknown as Methods;
  for (const name of ['parseStatement', 'parseExpression', 'parseFunctionBody', 'parseBlock']) {
    to[name] = traceFunction({ name })(from[name] as Methods[string]);
  }
  return TracedParser;
}

function parseAll(parser: typeof Parser, texts: readonly string[]): void {
  for (const text of texts) {
    try {
      parser.parse(text, { ecmaVersion: 'latest', sourceType: 'module' });
    } catch {
      // A script, not a module: parsed up to there.
    }
  }
}

await withFile(async (file) => {
  const texts = sources();
  const tracer = new Tracer(file, { enabled: tracing === 'on' }).start();
  setGlobalTracer(tracer);
  const parser = tracing === 'off' ? Parser : traced();
  parseAll(parser, texts.slice(0, 5));
  await tracer.flush();
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  parseAll(parser, texts);
  await tracer.flush();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuBefore);
  const { events, dropped } = await tracer.stop();
  report({ 'wall ms': wall, 'CPU ms': (user + system) / 1000, spans: events, dropped });
});
