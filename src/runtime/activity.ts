/** Something that a thread works for, by its name. */
interface Named {
  readonly name: string;
}

/** What the thread was last seen to work for since somebody asked. */
let last: Named | undefined;

/** The thread works for an operation: a request came in, or what it waited for is there. */
export function noteActivity(operation: Named): void {
  last = operation;
}

/** What was noted since this was last asked, if anything. */
export function takeActivity(): Named | undefined {
  const taken = last;
  last = undefined;
  return taken;
}
