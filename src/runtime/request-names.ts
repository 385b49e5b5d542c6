/** So many addresses are remembered; then it begins anew. */
const MAX_KNOWN = 1000;

/**
 * A part of a path that names one thing of many: a number, a UUID, a long hexadecimal number, or a long
 * word with digits in it, as tokens are.
 */
const ID =
  /\/(?:\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[a-f]*\d)[0-9a-f]{8,}|(?=[^/]*\d)[\w~-]{24,})(?=\/|$)/gi;

interface Target {
  /** Without query. */
  readonly path: string;
  /** What the request is called, by its method. */
  readonly names: Map<string, string>;
  /** The path with ids replaced. */
  readonly shape: string;
}

/** Names requests by method and path, such that requests of one kind have one name. */
export class RequestNames {
  readonly #known = new Map<string, Target>();

  of(target: string): Target {
    return this.#known.get(target) ?? this.#learn(target);
  }

  name(method: string, target: Target): string {
    const known = target.names.get(method);
    if (known !== undefined) return known;
    const name = `${method} ${target.shape}`;
    target.names.set(method, name);
    return name;
  }

  #learn(target: string): Target {
    const end = target.search(/[?#]/);
    const path = pathOf(end < 0 ? target : target.slice(0, end));
    const learnt: Target = { path, shape: path.replace(ID, '/:id'), names: new Map() };
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(target, learnt);
    return learnt;
  }
}

/** A proxy is asked for whole addresses, in which there may be a password. */
function pathOf(target: string): string {
  if (target.startsWith('/')) return target;
  return target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '') || '/';
}

/** The query of a target, without the question mark; undefined where it has none. */
export function queryOf(target: string): string | undefined {
  const at = target.indexOf('?');
  return at < 0 ? undefined : target.slice(at + 1);
}
