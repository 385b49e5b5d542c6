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
  let isOver = false;
  // What `dns.setServers()` has made of methods that are replaced, stays.
  undo.add(() => {
    isOver = true;
  });
  const resolvers = Object.keys(dns).filter((name) => /^resolve(?:[A-Z\d]|$)/.test(name));
  for (const name of [...LOOKUPS, ...resolvers]) {
    const begin = ([asked]: readonly unknown[]) => {
      if (isOver) return undefined;
      const question = textOf(asked);
      return beginOperation(
        tracer,
        `${name} ${question}`,
        'dns',
        { 'dns.question.name': question },
        connectingOperation(),
      );
    };
    // From the methods of a resolver, `dns.setServers()` makes those functions anew.
    for (const holder of [dns, dns.Resolver.prototype]) {
      undo.replace(holder as never, name as never, (original) => traceCallback(original, begin));
    }
    for (const holder of [dns.promises, dns.promises.Resolver.prototype]) {
      undo.replace(holder as never, name as never, (original) => tracePromise(original, begin));
    }
  }
  undo.shareReplaced();
  return undo;
}
