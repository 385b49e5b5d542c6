import type { AsyncOperation } from '../timeline/async-timeline.js';
import type { StringTable } from '../timeline/string-table.js';
import type { Slice } from '../timeline/thread-track.js';
import { type ProcessOrThread, threadKey } from '../timeline/timed-event.js';
import { OperationActivity, ThreadActivity } from './activity.js';
import type { Call } from './call.js';
import { CallTree } from './call-tree.js';
import { Groups } from './groups.js';
import { type Alike, Longest } from './longest.js';
import type { Names } from './names.js';
import type { SliceSummary, Summary, SummaryOptions, TreeNode } from './summary.js';

/** What calls show, and not the file or other events. */
type Tables = Pick<
  Summary,
  | 'wall'
  | 'groups'
  | 'threads'
  | 'threadsLeftOut'
  | 'processes'
  | 'processesLeftOut'
  | 'operations'
  | 'operationsLeftOut'
  | 'tree'
  | 'longest'
  | 'unfinished'
  | 'unfinishedCount'
>;

interface Tree {
  readonly calls: CallTree;
  /** What it is called where there is one for each thread. */
  readonly label: () => string;
}

/** Takes the slices and operations of a trace, one by one, and makes all tables of them. */
export class CallTables {
  readonly #options: SummaryOptions;
  readonly #strings: StringTable;
  readonly #names: Names;
  #start = 0;
  #end = 0;
  readonly #threads: ThreadActivity;
  readonly #operations: OperationActivity;
  readonly #groups: Groups;
  readonly #longest: Longest;
  readonly #trees = new Map<string, Tree>();
  /** Whether a tree was full: it shows other places then if the calls come in another order. */
  isTreeFull = false;
  readonly #unfinished: Call[] = [];
  /** The slice that was taken last: one object for all of them. Whoever keeps it, copies it. */
  readonly #slice: { -readonly [Field in keyof Call]: Call[Field] } = {
    ...{ kind: 'slice', name: 0, category: 0, pid: 0, tid: 0 },
    ...{ start: 0, end: 0, self: 0, offset: 0 },
  };
  #unfinishedCount = 0;
  /** What the filter says, by number of the name. */
  readonly #isCounted: boolean[] = [];

  constructor(options: SummaryOptions, strings: StringTable, names: Names) {
    this.#options = options;
    this.#strings = strings;
    this.#names = names;
    this.#threads = new ThreadActivity(names);
    this.#operations = new OperationActivity(names);
    this.#groups = new Groups(options.by, strings, names);
    this.#longest = new Longest(options.top);
  }

  /**
   * When the first event was and when the last one ended. Slices that have ended can be taken before, but
   * nothing else.
   */
  setRange(start: number, end: number): void {
    this.#start = start;
    this.#end = end;
    const range = { start, end, stretches: this.#options.stretches };
    this.#threads.range = range;
    this.#operations.range = range;
  }

  takeBusy(
    [pid, tid]: readonly [pid: ProcessOrThread, tid: ProcessOrThread],
    start: number,
    end: number,
  ): void {
    this.#threads.take(pid, tid, start, end);
  }

  takeSlice(
    { event, end, self, parent }: Slice,
    [pid, tid]: readonly [pid: ProcessOrThread, tid: ProcessOrThread],
  ): void {
    this.#threads.count(pid, tid);
    const call = this.#slice;
    call.name = event.name;
    call.category = event.category;
    call.pid = pid;
    call.tid = tid;
    call.start = event.start;
    call.end = end;
    call.self = self;
    call.offset = event.offset;
    this.#take(call, event, parent);
  }

  takeOperation({ begin, end, parent }: AsyncOperation): void {
    const { name, category, start, offset } = begin;
    const pid = this.#strings.text(begin.pid);
    if (parent === undefined) this.#operations.take(pid, start, end);
    const place = { pid, tid: undefined };
    const call: Call = { kind: 'async', name, category, ...place, start, end, self: 0, offset };
    this.#take(call, begin, parent);
  }

  finish(): Tables {
    const wall = this.#end - this.#start;
    return {
      wall,
      groups: this.#groups.summaries(wall),
      threads: this.#threads.threads(),
      threadsLeftOut: this.#threads.leftOut,
      processes: this.#threads.processes(),
      processesLeftOut: this.#threads.processesLeftOut,
      operations: this.#operations.operations(),
      operationsLeftOut: this.#operations.leftOut,
      tree: this.#options.tree === true ? this.#tree() : undefined,
      longest: this.#longest.rows().map((row) => this.#describe(row)),
      unfinished: this.#unfinished.map((call) => this.#describe({ call, count: 1 })),
      unfinishedCount: this.#unfinishedCount,
    };
  }

  #take(call: Call, begin: object, parent: object | undefined): void {
    // Of what the filter hides, the tree needs what is around the rest.
    if (this.#options.tree === true) {
      const tree = this.#treeOf(call);
      tree.take(call, begin, parent, call.name);
      this.isTreeFull ||= tree.isFull;
    }
    this.#isCounted[call.name] ??= this.#options.filter(this.#strings.text(call.name));
    if (!this.#isCounted[call.name]) return;
    this.#groups.take(call, this.#end);
    if (call.end !== Number.POSITIVE_INFINITY) this.#longest.take(call);
    else {
      this.#unfinishedCount++;
      if (this.#unfinished.length < this.#options.top) this.#unfinished.push({ ...call });
    }
  }

  #treeOf({ kind, pid, tid }: Call): CallTree {
    const isByThread = this.#options.by === 'thread';
    const key = isByThread ? `${kind} ${threadKey(pid, tid ?? '')}` : kind;
    let tree = this.#trees.get(key);
    if (tree === undefined) {
      const label = () =>
        tid === undefined ? this.#names.process(pid) : this.#names.thread(pid, tid);
      tree = { calls: new CallTree(kind, this.#strings), label };
      this.#trees.set(key, tree);
    }
    return tree.calls;
  }

  #tree(): TreeNode[] {
    const isByThread = this.#options.by === 'thread';
    return Array.from(this.#trees.values(), ({ calls, label }) => {
      const roots = matching(calls.roots(), this.#options.filter);
      return isByThread && roots.length > 0 ? [aroundAll(label(), roots)] : roots;
    })
      .flat()
      .sort((a, b) => b.total - a.total);
  }

  #describe({ call, count }: Alike): SliceSummary {
    const { kind, name, category, pid, tid, start, end, offset } = call;
    return {
      name: this.#strings.text(name),
      category: this.#strings.text(category),
      kind,
      thread: tid === undefined ? this.#names.process(pid) : this.#names.thread(pid, tid),
      start: start - this.#start,
      duration: end === Number.POSITIVE_INFINITY ? undefined : end - start,
      alike: count,
      offset,
      args: undefined,
    };
  }
}

/** What matches the filter, and what is around it. */
function matching(nodes: readonly TreeNode[], filter: (name: string) => boolean): TreeNode[] {
  return nodes
    .map((node) => ({ ...node, children: matching(node.children, filter) }))
    .filter(({ name, children }) => children.length > 0 || filter(name));
}

function aroundAll(name: string, children: readonly TreeNode[]): TreeNode {
  const sum = (what: 'count' | 'total' | 'unfinished') =>
    children.reduce((total, node) => total + node[what], 0);
  return {
    name,
    kind: children[0].kind,
    count: sum('count'),
    total: sum('total'),
    self: undefined,
    unfinished: sum('unfinished'),
    children,
  };
}
