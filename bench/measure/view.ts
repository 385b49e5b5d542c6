import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeLongTrace } from './long-trace.js';
import { report, withFile } from './output.js';

/**
 * What a person waits for who looks at a trace: `view.js BYTES`. The command serves it, and this asks as
 * the page does.
 */
const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
const PIXELS = 1920;
/** Each question is asked so often: the fastest answer counts, as the others have waited for other work. */
const TIMES = 7;

const [bytes = '20000000'] = process.argv.slice(2);

await withFile(async (file) => {
  writeLongTrace(file, Number(bytes), false);
  const start = performance.now();
  const child = spawn(process.execPath, [CLI, 'view', file, '--no-open']);
  try {
    const ask = await askerOf(child.stdout);
    const facts = (await (await ask({ ask: 'trace' })).json()) as Facts;
    const { start: from, end: to, events } = facts;
    const tracks = facts.tracks.map(({ track }) => track);
    const whole = { ask: 'draw', from, to, pixels: PIXELS, tracks };
    await (await ask(whole)).arrayBuffer();
    const first = performance.now() - start;
    const middle = (from + to) / 2;
    const part = { ...whole, from: middle, to: middle + (to - from) / 20 };
    const measures: Record<string, number> = {
      'million events': events / 1e6,
      'first picture, s': first / 1e3,
      'KB of a whole picture, packed': (await packedSize(ask, whole)) / 1e3,
    };
    for (const [name, question] of [
      ['picture of all', whole],
      ['picture of 5 %', part],
      ['statistics of all', { ask: 'statistics', from, to }],
      ['find a name', { ask: 'find', text: 'compile 101', limit: 100 }],
    ] as const) {
      measures[`${name}, ms`] = await fastest(ask, question);
    }
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    measures['peak MiB'] = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
    report(measures);
  } finally {
    child.kill('SIGINT');
    await once(child, 'exit');
  }
});

interface Facts {
  readonly start: number;
  readonly end: number;
  readonly events: number;
  readonly tracks: readonly { readonly track: number }[];
}

type Ask = (question: object, packed?: boolean) => Promise<Response>;

/** Gives a function that asks the server whose address is printed. */
async function askerOf(output: Readable): Promise<Ask> {
  let address: string | undefined;
  // Not by `for await`, which closes the stream when it is left: the command has more to say, and ends
  // where nobody can hear it.
  while (address === undefined) {
    const [text] = await once(output, 'data');
    address = /http:\S+/.exec(String(text))?.[0];
  }
  const url = new URL('ask', address);
  return async (question, packed = false) => {
    const headers = {
      'content-type': 'application/json',
      'accept-encoding': packed ? 'gzip' : 'identity',
    };
    for (;;) {
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(question) });
      if (answer.status === 200) return answer;
      if (answer.status !== 202) throw new Error(await answer.text());
      await setTimeout(20);
    }
  };
}

async function packedSize(ask: Ask, question: object): Promise<number> {
  const { headers } = await ask(question, true);
  return Number(headers.get('content-length'));
}

async function fastest(ask: Ask, question: object): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TIMES; i++) {
    const start = performance.now();
    await (await ask(question)).arrayBuffer();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}
