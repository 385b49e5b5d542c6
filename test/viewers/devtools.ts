import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Times and durations are in microseconds, as the file has them. */
export interface DevToolsSlice {
  name: string;
  cat: string;
  start: number;
  duration: number;
  depth: number;
  args: Record<string, unknown>;
}

export interface DevToolsInstant {
  name: string;
  cat: string;
  time: number;
  args: Record<string, unknown>;
}

export interface DevToolsThread {
  pid: number;
  tid: number;
  /** `null`: the file names the thread nowhere. */
  name: string | null;
  slices: DevToolsSlice[];
  /** Of phase `I` only: an `i` is no instant to DevTools, and is not drawn. */
  instants: DevToolsInstant[];
}

export interface DevToolsAsyncSlice {
  name: string;
  cat: string;
  id: string | number;
  pid: number;
  tid: number;
  start: number;
  duration: number;
  /** Instants of the same cat, id and name; one of another name is lost. */
  instants: DevToolsInstant[];
}

export interface DevToolsFlowPoint {
  name: string;
  pid: number;
  tid: number;
  start: number;
}

export interface DevToolsView {
  /** Whether the panel shows the file as a trace that is not a recording of a browser page. */
  generic: boolean;
  processNames: Record<number, string>;
  threads: DevToolsThread[];
  /** Pairs that the engine's matcher finds. The panel has no track for them in a generic trace. */
  asyncSlices: DevToolsAsyncSlice[];
  /** For each flow, the events it joins: those with just its ts, pid, tid and cat. */
  flows: DevToolsFlowPoint[][];
  // No counters: the engine reads `UpdateCounters` events of Chrome's own and no other.
}

interface EngineEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: Record<string, unknown>;
}

interface EngineAsyncPair extends EngineEvent {
  readonly dur: number;
  readonly rawSourceEvent: EngineEvent;
  readonly args: { readonly data: { readonly instantEvents: readonly EngineEvent[] | null } };
}

type EntryToNode = ReadonlyMap<EngineEvent, { readonly depth: number }>;

interface EngineThread {
  readonly pid: number;
  readonly tid: number;
  readonly name: string | null;
  readonly tree: object;
  readonly entryToNode: EntryToNode;
}

interface EngineData {
  readonly Meta: {
    readonly traceIsGeneric: boolean;
    readonly processNames: ReadonlyMap<number, { readonly args: { readonly name: string } }>;
  };
  readonly Flows: { readonly flows: readonly (readonly EngineEvent[])[] };
}

/** What is used of the engine. Its own declarations need the DOM's, and do not compile without. */
interface TraceEngine {
  readonly TraceModel: {
    readonly Model: {
      createWithAllHandlers(): {
        parse(events: readonly EngineEvent[]): Promise<void>;
        parsedTrace(): { readonly data: EngineData } | null;
      };
    };
  };
  readonly Handlers: {
    readonly Threads: { threadsInTrace(data: EngineData): readonly EngineThread[] };
  };
  readonly Helpers: {
    readonly SyntheticEvents: { readonly SyntheticEventsManager: { reset(): void } };
    readonly Trace: {
      createMatchedSortedSyntheticEvents(events: EngineEvent[]): readonly EngineAsyncPair[];
      extractId(event: EngineEvent): string | number;
    };
    readonly TreeHelpers: {
      walkEntireTree(
        entryToNode: EntryToNode,
        tree: object,
        onStart: (entry: EngineEvent) => void,
        onEnd: (entry: EngineEvent) => void,
      ): void;
    };
  };
  readonly Types: {
    readonly Events: {
      isInstant(event: EngineEvent): boolean;
      isNestableAsyncPhase(phase: string): boolean;
    };
  };
}

let engine: Promise<TraceEngine> | undefined;
let importing: Promise<unknown> = Promise.resolve();

/** Opens the text as the DevTools Performance panel does; rejects where the panel would refuse. */
export function importIntoDevTools(text: string): Promise<DevToolsView> {
  // The engine's handlers keep their state in module variables: one trace at a time.
  const view = importing.then(async () => importAlone(text));
  importing = view.catch(() => {});
  return view;
}

async function importAlone(text: string): Promise<DevToolsView> {
  engine ??= loadEngine();
  const trace = await engine;
  const events: EngineEvent[] = JSON.parse(text);
  const model = trace.TraceModel.Model.createWithAllHandlers();
  await model.parse(events);
  const data = model.parsedTrace()?.data;
  if (data === undefined) throw new Error('the engine has no data for the trace');
  const { traceIsGeneric, processNames } = data.Meta;
  return {
    generic: traceIsGeneric,
    processNames: Object.fromEntries([...processNames].map(([pid, { args }]) => [pid, args.name])),
    threads: trace.Handlers.Threads.threadsInTrace(data).map((thread) => drawn(thread, trace)),
    asyncSlices: asyncSlices(events, trace),
    flows: data.Flows.flows.map((flow) =>
      flow.map(({ name, pid, tid, ts }) => ({ name, pid, tid, start: ts })),
    ),
  };
}

async function loadEngine(): Promise<TraceEngine> {
  // The engine names a trace by URL.parse, which the first releases of Node.js 20 lack.
  if (!('parse' in URL)) {
    const parse = (url: string) => (URL.canParse(url) ? new URL(url) : null);
    Object.defineProperty(URL, 'parse', { value: parse, configurable: true, writable: true });
  }
  const entry = createRequire(import.meta.url).resolve('@paulirish/trace_engine');
  return import(pathToFileURL(entry).href);
}

/** The panel draws the tree, so an entry that the engine found no place for is not in the view. */
function drawn({ pid, tid, name, tree, entryToNode }: EngineThread, trace: TraceEngine) {
  const thread: DevToolsThread = { pid, tid, name, slices: [], instants: [] };
  const draw = (entry: EngineEvent): void => {
    if (trace.Types.Events.isInstant(entry)) {
      thread.instants.push(instant(entry));
      return;
    }
    thread.slices.push({
      name: entry.name,
      cat: entry.cat,
      start: entry.ts,
      duration: entry.dur ?? 0,
      depth: entryToNode.get(entry)?.depth ?? -1,
      args: entry.args,
    });
  };
  trace.Helpers.TreeHelpers.walkEntireTree(entryToNode, tree, draw, () => {});
  return thread;
}

function instant({ name, cat, ts, args }: EngineEvent): DevToolsInstant {
  return { name, cat, time: ts, args };
}

function asyncSlices(events: readonly EngineEvent[], trace: TraceEngine): DevToolsAsyncSlice[] {
  const { SyntheticEvents, Trace } = trace.Helpers;
  // With a manager active, each pair is looked up among all events of the file.
  SyntheticEvents.SyntheticEventsManager.reset();
  const unpaired = events.filter(({ ph }) => trace.Types.Events.isNestableAsyncPhase(ph));
  return Trace.createMatchedSortedSyntheticEvents(unpaired).map((pair) => ({
    name: pair.name,
    cat: pair.cat,
    id: Trace.extractId(pair.rawSourceEvent),
    pid: pair.pid,
    tid: pair.tid,
    start: pair.ts,
    duration: pair.dur,
    instants: (pair.args.data.instantEvents ?? []).map(instant),
  }));
}
