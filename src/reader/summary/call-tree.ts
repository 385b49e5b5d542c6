import { MAX_DEPTH } from '../../trace-event/numbers.js';
import type { StringTable } from '../timeline/string-table.js';
import type { Call, CallKind } from './call.js';
import type { TreeNode } from './summary.js';

/**
 * Beyond so many places in the tree, what is new below a call of a known name is put together: there
 * may be as many ways from the roots to the leaves as calls.
 */
const MAX_NODES = 50_000;
const OTHERS = -1;
const OTHERS_NAME = '(others)';

interface Node {
  count: number;
  total: number;
  self: number;
  unfinished: number;
  readonly children: Forest;
}

/** By number of the name. */
type Forest = Map<number, Node>;

/**
 * Calls below the calls that they lie in, those of one name in one place put together. Calls come
 * after those inside them.
 */
export class CallTree {
  readonly #kind: CallKind;
  readonly #strings: StringTable;
  readonly #roots: Forest = new Map();
  /** What lies in calls that are still to come, by their events. */
  readonly #waiting = new Map<object, Forest>();
  #nodes = 0;

  constructor(kind: CallKind, strings: StringTable) {
    this.#kind = kind;
    this.#strings = strings;
  }

  /**
   * @param begin The event that begins it.
   * @param parent The one that begins the call around it.
   * @param label What it is called in the tree.
   */
  take(call: Call, begin: object, parent: object | undefined, label: number): void {
    const children: Forest = this.#waiting.get(begin) ?? new Map();
    this.#waiting.delete(begin);
    const isEnded = call.end !== Number.POSITIVE_INFINITY;
    const node: Node = {
      count: isEnded ? 1 : 0,
      total: isEnded ? call.end - call.start : 0,
      self: isEnded ? call.self : 0,
      unfinished: isEnded ? 0 : 1,
      children,
    };
    this.#nodes++;
    this.#put(this.#forestOf(parent), label, node);
  }

  /**
   * Whether there were so many places that it depends on the order of calls which of them are put
   * together.
   */
  get isFull(): boolean {
    return this.#nodes > MAX_NODES;
  }

  /** The largest first. Below the depth to which Perfetto draws, there is nothing. */
  roots(): TreeNode[] {
    return this.#shown(this.#roots, 1);
  }

  #forestOf(parent: object | undefined): Forest {
    if (parent === undefined) return this.#roots;
    let forest = this.#waiting.get(parent);
    if (forest === undefined) {
      forest = new Map();
      this.#waiting.set(parent, forest);
    }
    return forest;
  }

  /** Puts a node and all below it into a forest, without recursion: traces may be deep. */
  #put(forest: Forest, label: number, node: Node): void {
    const todo = [{ forest, label, node }];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const isNew = next.node !== node && !next.forest.has(next.label);
      const place = isNew && this.#nodes > MAX_NODES ? OTHERS : next.label;
      const there = next.forest.get(place);
      if (there === undefined) {
        next.forest.set(place, next.node);
        continue;
      }
      const { count, total, self, unfinished, children } = next.node;
      there.count += count;
      there.total += total;
      there.self += self;
      there.unfinished += unfinished;
      this.#nodes--;
      for (const [name, child] of children) {
        todo.push({ forest: there.children, label: name, node: child });
      }
    }
  }

  #shown(forest: Forest, depth: number): TreeNode[] {
    if (depth > MAX_DEPTH) return [];
    return Array.from(forest, ([label, { count, total, self, unfinished, children }]) => ({
      name: label === OTHERS ? OTHERS_NAME : this.#strings.text(label),
      kind: this.#kind,
      count,
      total,
      self: this.#kind === 'slice' ? self : undefined,
      unfinished,
      children: this.#shown(children, depth + 1),
    })).sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
  }
}
