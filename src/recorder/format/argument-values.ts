import { Buffer } from 'node:buffer';
import {
  ARG_BOOLEAN,
  ARG_DOUBLE,
  ARG_INT,
  ARG_JSON,
  ARG_LONG_JSON,
  ARG_NULL,
  ARG_STRING,
  ARG_TYPE_BITS,
  ARG_TYPE_MASK,
  lengthWithin,
  paddedWords,
} from '../arena/records.js';
import { type ArgumentList, type Arguments, isArgumentList } from './format.js';

/** Arguments as an object, as JSON.parse would give it. */
export function asObject(args: Arguments): Readonly<Record<string, unknown>> {
  if (!isArgumentList(args)) return args;
  const object: Record<string, unknown> = {};
  visitArguments(args, (name, value) => {
    // By assignment, a member called `__proto__` would become the prototype.
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  });
  return object;
}

/** The name of the argument at a word; undefined where that is not known, as it has to be parsed. */
export function nameAt({ int32, keys }: ArgumentList, at: number): string | undefined {
  return keys[int32[at << 1] >> ARG_TYPE_BITS]?.name;
}

/** The word behind the argument that stands at one. */
export function argumentAfter(args: ArgumentList, at: number): number {
  switch (args.int32[at << 1] & ARG_TYPE_MASK) {
    case ARG_DOUBLE:
      return at + 2;
    case ARG_STRING:
    case ARG_JSON:
      return at + 1 + paddedWords(lengthAt(args, at));
    default:
      return at + 1;
  }
}

function lengthAt({ int32, end }: ArgumentList, at: number): number {
  return lengthWithin(int32[(at << 1) + 1], end - at - 1);
}

/** The bytes of a text or of JSON. */
function textAt(args: ArgumentList, at: number): Uint8Array {
  const start = (at + 1) << 3;
  return args.bytes.subarray(start, start + lengthAt(args, at));
}

/** Calls back for each argument. A damaged record makes it neither throw nor read beyond the record. */
export function visitArguments(
  args: ArgumentList,
  visit: (name: string, value: unknown) => void,
): void {
  const { int32, float64, end } = args;
  for (let at = args.at; at < end; at = argumentAfter(args, at)) {
    const payload = int32[(at << 1) + 1];
    const name = nameAt(args, at) ?? '?';
    switch (int32[at << 1] & ARG_TYPE_MASK) {
      case ARG_NULL:
        visit(name, null);
        break;
      case ARG_BOOLEAN:
        visit(name, payload !== 0);
        break;
      case ARG_INT:
        visit(name, payload);
        break;
      case ARG_DOUBLE: {
        const value = float64[at + 1];
        // JSON has no such numbers: they are written as text.
        visit(name, Number.isFinite(value) ? value : String(value));
        break;
      }
      case ARG_STRING:
        visit(name, Buffer.from(textAt(args, at)).toString());
        break;
      case ARG_JSON:
        visitMembers(textAt(args, at), visit);
        break;
      case ARG_LONG_JSON:
        if (args.long !== undefined) visitMembers(args.long, visit);
        break;
      default:
        return;
    }
  }
  if (args.more !== undefined) visitArguments(args.more, visit);
}

function visitMembers(members: Uint8Array, visit: (name: string, value: unknown) => void): void {
  for (const [name, value] of Object.entries(parseMembers(members))) visit(name, value);
}

/** JSON members as an object. Only a damaged record holds what is no JSON: of that, nothing. */
export function parseMembers(members: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(`{${Buffer.from(members).toString()}}`);
  } catch {
    return {};
  }
}
