import { getGlobalTracer, Tracer } from 'tracelane';

let connected;

/** A job brings the handle: no other message reaches a worker of a pool. */
export default function run({ number, handle }) {
  if (number === undefined) return;
  connected ??= handle === undefined ? getGlobalTracer() : Tracer.connect(handle);
  connected.trace('job', () => {}, 'pool', { number });
}
