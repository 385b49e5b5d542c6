import { isFlow } from '../../trace-event/phases.js';

import { stringEnd } from './json-depth.js';

type Fields = Readonly<Record<string, unknown>>;

/** Where a string begins, or another token: for a long string a regular expression would run out of stack. */
const TOKEN = /["{}[\]:]|[^\s{}[\],:"]+/g;
const INTEGER = /^-?\d+$/;

/**
 * An event with the ids that JSON.parse() has rounded, because they are beyond 2^53: exact, as text.
 * The event itself if there are none.
 */
export function withExactIds(event: Fields, text: string): Fields {
  const { ph, id, bind_id: bindId, id2 } = event as Partial<Record<string, unknown>>;
  const parts: Fields = typeof id2 === 'object' && id2 !== null ? { ...id2 } : {};
  const { local, global } = parts as Partial<Record<string, unknown>>;
  if (![id, bindId, local, global].some(isRounded)) return event;
  const digits = digitsOfIds(text);
  const exact: Record<string, unknown> = { ...event };
  if (isRounded(id)) exact['id'] = asText(digits.get('id'), isFlow(ph)) ?? id;
  if (isRounded(bindId)) exact['bind_id'] = asText(digits.get('bind_id'), true) ?? bindId;
  if (isRounded(local) || isRounded(global)) {
    const others = Object.entries(parts).map(([key, value]) => {
      return [key, isRounded(value) ? (asText(digits.get(`id2.${key}`), false) ?? value) : value];
    });
    exact['id2'] = Object.fromEntries(others);
  }
  return exact;
}

function isRounded(id: unknown): boolean {
  return typeof id === 'number' && Number.isInteger(id) && !Number.isSafeInteger(id);
}

/** Viewers take the ids of flows for hexadecimal where they are text. */
function asText(digits: string | undefined, isHexadecimal: boolean): string | undefined {
  if (digits === undefined || !INTEGER.test(digits)) return undefined;
  return isHexadecimal && digits[0] !== '-' ? `0x${BigInt(digits).toString(16)}` : digits;
}

/** The numbers that stand for ids in the text of an event, by name. */
function digitsOfIds(text: string): Map<string, string> {
  const found = new Map<string, string>();
  /** The names under which the brackets stand that are open. */
  const path: string[] = [];
  let before = '';
  let name = '';
  for (const token of tokensOf(text)) {
    if (token === '{' || token === '[') {
      path.push(token === '[' ? '[' : name);
      name = '';
    } else if (token === '}' || token === ']') path.pop();
    else if (token === ':') name = parseName(before);
    else if (name !== '') {
      if (path.length === 1) found.set(name, token);
      else if (path.length === 2 && path[1] === 'id2') found.set(`id2.${name}`, token);
      name = '';
    }
    before = token;
  }
  return found;
}

function* tokensOf(text: string): Generator<string> {
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    const [token] = found;
    if (token === '"') TOKEN.lastIndex = stringEnd(text, found.index) + 1;
    yield token === '"' ? text.slice(found.index, TOKEN.lastIndex) : token;
  }
}

function parseName(token: string): string {
  return token.startsWith('"') ? String(JSON.parse(token)) : token;
}
