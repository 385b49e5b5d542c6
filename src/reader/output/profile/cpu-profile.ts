import { pathToFileURL } from 'node:url';
import { GARBAGE_COLLECTOR, IDLE, PROGRAM } from '../../../cpu-profile/call-frame.js';
import { NS_PER_US } from '../../../trace-event/numbers.js';
import type { BlockFile } from '../block-file.js';
import type { Frame } from './frames.js';
import type { SliceVisitor, ThreadInfo } from './thread-slices.js';

/** Numbers of a list that are written at once. */
const CHUNK = 1000;
const ROOT = '(root)';
/** V8 has these right below the root, whatever they interrupt. */
const APART: ReadonlySet<string> = new Set([GARBAGE_COLLECTOR, PROGRAM.name]);

interface Node {
  readonly id: number;
  readonly name: string;
  readonly frame: Frame | undefined;
  readonly children: Map<string | Frame, Node>;
  hits: number;
}

/**
 * Writes the slices of one thread as a profile of V8's: a sample for each moment at which a slice begins or
 * ends. Such profiles count in whole microseconds.
 */
export class CpuProfileWriter implements SliceVisitor {
  readonly #file: BlockFile;
  readonly #wants: (thread: ThreadInfo) => boolean;
  /** Microseconds from which times count. */
  readonly #origin: number;
  readonly #nodes: Node[] = [];
  readonly #root = this.#node(ROOT, undefined);
  readonly #stack: Node[] = [];
  readonly #opened: number[] = [];
  readonly #samples: number[] = [];
  readonly #deltas: number[] = [];
  #start: number | undefined;
  #last = 0;
  /** Slices that begin and end within a microsecond. */
  tooShort = 0;

  constructor(file: BlockFile, origin: number, wants: (thread: ThreadInfo) => boolean) {
    this.#file = file;
    this.#origin = origin;
    this.#wants = wants;
  }

  thread(thread: ThreadInfo): boolean {
    return this.#wants(thread);
  }

  open(frame: Frame, time: number): void {
    const at = Math.round(time / NS_PER_US);
    const isApart = APART.has(frame.name);
    this.#stack.push(this.#below(isApart ? this.#root : this.#top, frame.name, frame));
    this.#opened.push(at);
    this.#sample(at, this.#top);
  }

  close(_frame: Frame, time: number): void {
    const at = Math.round(time / NS_PER_US);
    this.#stack.pop();
    if (this.#opened.pop() === at) this.tooShort++;
    const isIdle = this.#stack.length === 0;
    this.#sample(at, isIdle ? this.#below(this.#root, IDLE, undefined) : this.#top);
  }

  end(): void {}

  finish(): void {
    const file = this.#file;
    const start = this.#origin + (this.#start ?? 0);
    const end = this.#origin + this.#last;
    for (const id of this.#samples) this.#nodes[id - 1].hits++;
    file.put('{"nodes":[');
    for (const node of this.#nodes) {
      const { id, hits: hitCount } = node;
      const children = Array.from(node.children.values(), (child) => child.id);
      const json = JSON.stringify({ id, callFrame: callFrameOf(node), hitCount, children });
      file.put(`${id === 1 ? '' : ','}\n${json}`);
    }
    file.put(`\n],"startTime":${start},"endTime":${end},"samples":`);
    this.#list(this.#samples);
    file.put(',"timeDeltas":');
    this.#list(this.#deltas);
    file.put('}\n');
  }

  get #top(): Node {
    return this.#stack.at(-1) ?? this.#root;
  }

  #node(name: string, frame: Frame | undefined): Node {
    const node = { id: this.#nodes.length + 1, name, frame, children: new Map(), hits: 0 };
    this.#nodes.push(node);
    return node;
  }

  #below(node: Node, name: string, frame: Frame | undefined): Node {
    const key = frame ?? name;
    let child = node.children.get(key);
    if (child === undefined) {
      child = this.#node(name, frame);
      node.children.set(key, child);
    }
    return child;
  }

  /** What is on the stack from a time on. */
  #sample(at: number, { id }: Node): void {
    const isFirst = this.#start === undefined;
    this.#start ??= at;
    if (!isFirst && at === this.#last) this.#samples[this.#samples.length - 1] = id;
    else {
      this.#samples.push(id);
      this.#deltas.push(isFirst ? 0 : at - this.#last);
    }
    this.#last = at;
  }

  #list(numbers: readonly number[]): void {
    for (let at = 0; at < numbers.length; at += CHUNK) {
      this.#file.put(`${at === 0 ? '[' : ',\n'}${numbers.slice(at, at + CHUNK).join(',')}`);
    }
    this.#file.put(numbers.length === 0 ? '[]' : ']');
  }
}

/** Places count from 0 there. */
function callFrameOf({ name, frame }: Node): object {
  const { file, line, column } = frame ?? {};
  return {
    ...{ functionName: name, scriptId: '0' },
    url: file === undefined ? '' : urlOf(file),
    ...{ lineNumber: (line ?? 0) - 1, columnNumber: (column ?? 0) - 1 },
  };
}

/** As V8 has it: files as URLs, Node's own modules by their names. */
function urlOf(file: string): string {
  return file.startsWith('/') ? pathToFileURL(file).href : file;
}
