import {
  enterOperation,
  moveToCall,
  moveToCurrentCall,
} from '../recorder/api/operation-context.js';
import { CallSpan } from '../recorder/api/span.js';
import type { Tracer } from '../recorder/api/tracer.js';
import type { Args } from '../trace-event/events.js';
import { noteActivity } from './activity.js';
import { endStartup } from './startup.js';

/** An async operation that a source has begun: `finish()` ends it. */
export class Operation extends CallSpan {
  readonly category: string;
  name: string;
  /** Where it is the server's side of a request: the route that a framework has told. */
  route: string | undefined = undefined;
  /** Of such a one: its header `host`, where requests to there carry what they belong to. */
  host: string | undefined = undefined;
  /** Of such a one: the trace that it came with, by the id that other processes know it by. */
  traceId: string | undefined = undefined;

  constructor(
    recorder: CallSpan['recorder'],
    beginNumber: number,
    outer: CallSpan | undefined,
    name: string,
    category: string,
  ) {
    super(recorder, beginNumber, outer);
    this.name = name;
    this.category = category;
  }

  /** What was waited for is there: now the thread works for who has waited. */
  override finish(outcome?: Args): void {
    super.finish(outcome);
    const { root } = this;
    if (root !== this && root instanceof Operation) noteActivity(root);
  }

  /** Has it drawn under another name. */
  rename(name: string): void {
    if (name === this.name) return;
    this.name = name;
    this.recorder.rename(this.beginNumber, name, this.category);
  }
}

/**
 * Begins an operation inside the one that runs here, or inside `parent`. Undefined where nothing is
 * recorded.
 */
export function beginOperation(
  tracer: Tracer,
  name: string,
  category: string,
  args?: Args,
  parent?: Operation | 'none',
): Operation | undefined {
  const { recorder } = tracer;
  if (recorder === undefined) return undefined;
  const outer =
    parent === undefined
      ? moveToCurrentCall(recorder)
      : moveToCall(recorder, parent === 'none' ? undefined : parent);
  const beginNumber = recorder.beginAsyncCall(name, category, args);
  if (beginNumber === 0) return undefined;
  return new Operation(recorder, beginNumber, outer, name, category);
}

/** Begins one that comes from outside, and has all that the thread does next belong to it. */
export function beginRequest(
  tracer: Tracer,
  name: string,
  category: string,
  args: Args,
): Operation | undefined {
  const operation = beginFromOutside(tracer, name, category, args);
  if (operation !== undefined) enterOperation(operation);
  return operation;
}

/** Begins one that belongs to nothing that the program does: a request, a message of a queue. */
export function beginFromOutside(
  tracer: Tracer,
  name: string,
  category: string,
  args: Args,
): Operation | undefined {
  const operation = beginOperation(tracer, name, category, args, 'none');
  if (operation === undefined) return undefined;
  endStartup();
  noteActivity(operation);
  return operation;
}

/** Marks a moment of an operation. */
export function markMoment(operation: Operation, name: string, args?: Args): void {
  const { recorder, beginNumber, category } = operation;
  recorder.asyncInstant(recorder.id(beginNumber), name, category, args);
}

/** What is shown of an error, as OpenTelemetry names it: its code, or its class. */
export function errorOutcome(error: unknown): Args {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === 'string') return { 'error.type': code };
  return { 'error.type': typeof name === 'string' ? name : 'error' };
}
