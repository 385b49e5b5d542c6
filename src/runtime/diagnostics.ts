import type { SourceContext } from './source.js';
import { Undo } from './undo.js';

type Plain = string | number | boolean | null;

/** Messages on the channels of `node:diagnostics_channel` that were asked for. */
export function traceDiagnostics({ tracer, settings }: SourceContext): Disposable {
  const undo = new Undo();
  for (const channel of settings.channels) {
    undo.subscribe(channel, (message: unknown) => {
      tracer.instant(channel, 'diagnostics', plainMembers(message));
    });
  }
  return undo;
}

/** Of a message, what is no object: those may be as large as the program. */
function plainMembers(message: unknown): Record<string, Plain> {
  if (typeof message !== 'object' || message === null) return { message: String(message) };
  const members: Record<string, Plain> = {};
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(message))) {
    const isPlain = ['string', 'number', 'boolean'].includes(typeof value) || value === null;
    if (isPlain) members[name] = value;
  }
  return members;
}
