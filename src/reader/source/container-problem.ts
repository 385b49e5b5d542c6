import type { Mend } from './mend-event.js';

/** What can be wrong with the text of an event. Where it could be mended, the event is there. */
export type EventRule = 'event-syntax' | 'event-depth' | 'large-id' | Mend;

/** Whether an event is lost where its text breaks the rule. */
export function losesEvent(rule: ContainerRule): boolean {
  return rule === 'event-syntax' || rule === 'event-depth';
}

/** What can be wrong with the text around the events, or with that of an event. */
export type ContainerRule =
  | 'container-start'
  | 'byte-order-mark'
  | 'container-array'
  | 'truncated'
  | 'trailing-comma'
  | 'missing-comma'
  | 'trailing-data'
  | 'member-syntax'
  | EventRule;

export interface ContainerProblem {
  readonly rule: ContainerRule;
  readonly offset: number;
  /** What was expected there, and what is there instead. */
  readonly message: string;
  /** Whether what is there is passed over, and is no element of the list. */
  readonly isPassedOver?: boolean;
}
