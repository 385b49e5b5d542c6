import { traceChannel } from '../channels.js';
import type { Patches } from '../packages.js';
import type { ClientContext } from './clients.js';

const CATEGORY = 'graphql';

/** What graphql publishes of what it executes. */
interface GraphqlCall {
  readonly operationName?: string | undefined;
  readonly operationType?: string | undefined;
}

/** graphql, by its channels. */
export function traceGraphql({ tracer, undo }: ClientContext): Patches {
  for (const name of ['graphql:parse', 'graphql:validate']) {
    const shape = { name: name.replace(':', '.'), args: {} };
    traceChannel(undo, tracer, name, CATEGORY, () => shape);
  }
  for (const name of ['graphql:execute', 'graphql:subscribe']) {
    traceChannel(undo, tracer, name, CATEGORY, (call: GraphqlCall) => {
      const { operationType, operationName } = known(call);
      const type = operationType ?? name.replace(':', '.');
      const args = { 'graphql.operation.type': type, 'graphql.operation.name': operationName };
      return { name: operationName === undefined ? type : `${type} ${operationName}`, args };
    });
  }
  return {};
}

/**
 * These are looked up in the document when they are asked for. It may be none, which graphql throws for
 * then.
 */
function known(call: GraphqlCall): GraphqlCall {
  try {
    const { operationType, operationName } = call;
    return { operationType, operationName };
  } catch {
    return {};
  }
}
