import { traceChannel } from '../channels.js';
import type { Patches } from '../packages.js';
import type { ClientContext } from './clients.js';

const CATEGORY = 'graphql';

/** What graphql publishes of what it executes. */
interface GraphqlCall {
  readonly operationName?: string;
  readonly operationType?: string;
}

/** graphql, by its channels. */
export function traceGraphql({ tracer, undo }: ClientContext): Patches {
  for (const name of ['graphql:parse', 'graphql:validate']) {
    const shape = { name: name.replace(':', '.'), args: {} };
    traceChannel(undo, tracer, name, CATEGORY, () => shape);
  }
  for (const name of ['graphql:execute', 'graphql:subscribe']) {
    traceChannel(undo, tracer, name, CATEGORY, (call: GraphqlCall) => {
      const { operationType: type = name.replace(':', '.'), operationName } = call;
      const args = { 'graphql.operation.type': type, 'graphql.operation.name': operationName };
      return { name: operationName === undefined ? type : `${type} ${operationName}`, args };
    });
  }
  return {};
}
