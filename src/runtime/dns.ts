import dns from 'node:dns';
import { traceCallback, tracePromise } from './calls.js';
import { connectingOperation } from './connecting.js';
import { beginOperation } from './operation.js';
import type { SourceContext } from './source.js';
import { textOf } from './text-of.js';
import { Undo } from './undo.js';

const LOOKUPS = ['lookup', 'lookupService', 'reverse'] as const;

/** Look-ups of names: those that connections begin with, and the program's own. */
export function traceDns({ tracer }: SourceContext): Disposable {
  const undo = new Undo();
  const resolvers = Object.keys(dns).filter((name) => /^resolve(?:[A-Z\d]|$)/.test(name));
  for (const name of [...LOOKUPS, ...resolvers]) {
    const begin = ([asked]: readonly unknown[]) => {
      const question = textOf(asked);
      return beginOperation(
        tracer,
        `${name} ${question}`,
        'dns',
        { 'dns.question.name': question },
        connectingOperation(),
      );
    };
    undo.replace(dns as never, name as never, (original) => traceCallback(original, begin));
    undo.replace(dns.promises as never, name as never, (original) => tracePromise(original, begin));
  }
  undo.shareReplaced();
  return undo;
}
