import { MAX_DEPTH } from '../../trace-event/numbers.js';
import type { TraceFacts } from '../source/entries.js';
import type {
  AsyncOperation,
  AsyncPoint,
  AsyncRule,
  AsyncTimeline,
} from '../timeline/async-timeline.js';
import type { EarlyVisitor } from '../timeline/early-replay.js';
import type { FlowPoint, FlowRule, FlowTimeline } from '../timeline/flow-timeline.js';
import type { StringTable } from '../timeline/string-table.js';
import type { ThreadTimeline } from '../timeline/thread-timeline.js';
import type { Slice, ThreadEvent, ThreadRule } from '../timeline/thread-track.js';
import type { Report } from './findings.js';
import { Findings } from './findings.js';

/** A problem that shows only when all events of a track are seen together. */
export type TrackProblem =
  | {
      readonly rule: ThreadRule;
      readonly event: ThreadEvent;
      readonly other: ThreadEvent | undefined;
    }
  | { readonly rule: AsyncRule; readonly event: AsyncPoint; readonly other: AsyncPoint | undefined }
  | { readonly rule: FlowRule; readonly event: FlowPoint; readonly other: FlowPoint | undefined };

/** Sees what the timelines make of the events, and what is wrong with it. */
export interface TrackObserver {
  takeProblem(problem: TrackProblem): void;
  takeSlice(slice: Slice): void;
  takeOperation(operation: AsyncOperation, strings: StringTable): void;
  /** Takes a point of a flow, and the last start of that flow. */
  takeFlowPoint(point: FlowPoint, start: FlowPoint): void;
}

/** What its tracks have to know of a file. */
type CheckedFile = Pick<TraceFacts, 'name' | 'isPerfetto'>;

/** Characters of a name in a message. */
const MAX_NAME = 100;

type TrackRule = TrackProblem['rule'];
interface Named {
  readonly name: number;
  readonly index: number;
  readonly offset: number;
}

type Describe = (event: string, other: string | undefined) => string;

const MESSAGES: Readonly<Record<TrackRule, Describe>> = {
  'equal-timestamps': (event, other) => `${event} has the timestamp of ${other} on its thread`,
  'zero-length-begin-end': (_, other) => `Perfetto never closes ${other}`,
  'end-without-begin': (event, other) =>
    `${event} ends nothing: ${other ?? 'nothing'} is what was begun last and is open`,
  'begin-end-mismatch': (event, other) => `${event} has no end before that of ${other} around it`,
  'slice-overlap': (event, other) => `${event} starts inside ${other} and outlives it`,
  'slice-depth': () => `Perfetto drops what is deeper than ${MAX_DEPTH}`,
  'flow-outside-slice': (event, other) =>
    other === undefined
      ? `no slice of its thread encloses ${event}`
      : `${event} comes before ${other}, which begins at the same time`,
  'flow-binding-point': () => 'without bp "e" the arrow ends at the next slice',
  'async-id-shared': (event, other) =>
    `${event} ends ${other} of another process, though its own has begun one with that cat and id`,
  'async-instant-outside': (event) => `nothing of its cat and id is open at ${event}`,
  'async-end-without-begin': (event) => `nothing of its cat, id and name is open at ${event}`,
  'async-overlap': (event, other) => `${event} ends while ${other} is open inside it`,
  'flow-started-twice': (event, other) => `${event} starts again what ${other} has started`,
  'flow-without-start': (event) => `no s of its id, cat and name: ${event}`,
  'flow-order': (event, other) => `${event} comes before its s, ${other}`,
  'flow-id-reused': (event, other) => `${event} has the id of ${other}, another flow`,
};

/** Checks what the timelines make of the events of a trace. */
export class CheckTracks {
  readonly #strings: StringTable;
  readonly #keep: number;
  readonly #observer: TrackObserver | undefined;
  #ofThreads: Findings;
  /** What sees the tracks of threads, maybe while the trace is still read. */
  readonly threads: EarlyVisitor;

  /** @param keep Findings of each rule that are kept. */
  constructor(strings: StringTable, keep: number, observer: TrackObserver | undefined) {
    this.#strings = strings;
    this.#keep = keep;
    this.#observer = observer;
    this.#ofThreads = new Findings(keep);
    this.threads = {
      problem: (...problem) => this.#problem(this.#ofThreads.report, ...problem),
      ...(observer && { slice: (slice) => observer.takeSlice(slice) }),
      restart: () => {
        this.#ofThreads = new Findings(this.#keep);
      },
    };
  }

  check(
    threads: ThreadTimeline,
    asyncs: AsyncTimeline,
    flows: FlowTimeline,
    { name, isPerfetto }: CheckedFile,
    findings: Findings,
  ): void {
    threads.replay(this.threads, name);
    findings.addAll(this.#ofThreads);
    const observer = this.#observer;
    const problem = (rule: AsyncRule | FlowRule, event: Named, other: Named | undefined): void =>
      this.#problem(findings.report, rule, event, other);
    const strings = this.#strings;
    asyncs.replay({ problem, operation: (one) => observer?.takeOperation(one, strings) });
    const point = (of: FlowPoint, start: FlowPoint): void => observer?.takeFlowPoint(of, start);
    flows.replay({ problem, point }, isPerfetto);
  }

  #problem(report: Report, rule: TrackRule, event: Named, other: Named | undefined): void {
    const quoted = other === undefined ? undefined : this.#quote(other);
    report(rule, event, MESSAGES[rule](this.#quote(event), quoted));
    this.#observer?.takeProblem({ rule, event, other } as unknown as TrackProblem);
  }

  #quote({ name, index }: Named): string {
    const text = this.#strings.text(name);
    const shown = text.length <= MAX_NAME ? text : `${text.slice(0, MAX_NAME - 1)}…`;
    return `"${shown}" (event ${index})`;
  }
}
