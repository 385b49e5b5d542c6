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
} from '../arena/records.js';
import { type ArgumentList, type Arguments, isArgumentList } from '../format/format.js';

/** Arguments in memory of their own, for what outlives the chunk in which they were recorded. */
export function ownArguments(args: Arguments | undefined): Arguments | undefined {
  if (args === undefined || !isArgumentList(args) || !isShared(args)) return args;
  const int32 = args.int32.slice(args.at << 1, args.end << 1);
  return {
    int32,
    float64: new Float64Array(int32.buffer),
    bytes: Buffer.from(int32.buffer),
    at: 0,
    end: args.end - args.at,
    keys: args.keys,
    long: args.long,
  };
}

/** Whether arguments stand in the arena, the only memory here that is shared. */
function isShared({ int32 }: ArgumentList): boolean {
  return int32.buffer instanceof SharedArrayBuffer;
}

/**
 * Arguments of two calls for one event: where both have a key, the later value stands. Beyond `max`
 * keys, new ones are left out.
 */
export function mergeArguments(
  earlier: Arguments | undefined,
  later: Arguments | undefined,
  max = Number.POSITIVE_INFINITY,
): Arguments | undefined {
  if (earlier === undefined || later === undefined) return earlier ?? later;
  const merged = { ...asObject(earlier), ...asObject(later) };
  const entries = max === Number.POSITIVE_INFINITY ? [] : Object.entries(merged);
  return entries.length <= max ? merged : Object.fromEntries(entries.slice(0, max));
}

/** Arguments as an object, as JSON.parse would give it. */
function asObject(args: Arguments): Readonly<Record<string, unknown>> {
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

/** The arguments that are numbers, by name. */
export function readNumbers(args: ArgumentList): Map<string, number> {
  const numbers = new Map<string, number>();
  visitArguments(args, (name, value) => {
    if (typeof value === 'number') numbers.set(name, value);
  });
  return numbers;
}

/** Calls back for each argument. A damaged record makes it neither throw nor read beyond the record. */
function visitArguments(args: ArgumentList, visit: (name: string, value: unknown) => void): void {
  const { int32, float64, bytes, keys, end } = args;
  for (let at = args.at; at < end; ) {
    const low = int32[at << 1];
    const payload = int32[(at << 1) + 1];
    const name = keys[low >> ARG_TYPE_BITS]?.name ?? '?';
    at++;
    // The length of a text or of JSON. A damaged record may say more than there is.
    const length = Math.max(0, Math.min(payload, (end - at) << 3));
    const start = at << 3;
    switch (low & ARG_TYPE_MASK) {
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
        const value = float64[at++];
        // JSON has no such numbers: they are written as text.
        visit(name, Number.isFinite(value) ? value : String(value));
        break;
      }
      case ARG_STRING:
        visit(name, Buffer.from(bytes.subarray(start, start + length)).toString());
        at += (length + 7) >> 3;
        break;
      case ARG_JSON:
        visitMembers(bytes.subarray(start, start + length), visit);
        at += (length + 7) >> 3;
        break;
      case ARG_LONG_JSON:
        if (args.long !== undefined) visitMembers(args.long, visit);
        break;
      default:
        return;
    }
  }
}

function visitMembers(members: Uint8Array, visit: (name: string, value: unknown) => void): void {
  let object: Record<string, unknown>;
  try {
    object = JSON.parse(`{${Buffer.from(members).toString()}}`);
  } catch {
    // Only a damaged record holds what is no JSON.
    return;
  }
  for (const [name, value] of Object.entries(object)) visit(name, value);
}
