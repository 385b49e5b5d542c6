import type { RecordedEvent } from '../record-trace.js';
import type { Begin } from './ledger.js';
import type { Timeline } from './timeline.js';

/** Each event says to which calls it belongs: to those in which the program was, and to no other. */
export function compareLineage(timeline: Timeline, problem: (text: string) => void): void {
  const begins = new Map<string, Begin>();
  const ids = new Map<string, unknown>();
  for (const { begin, event } of timeline.periods.values()) {
    const { entry } = begin;
    if (entry.what !== 'begin') continue;
    begins.set(entry.name, entry);
    if (entry.isCall) ids.set(entry.name, event.args['op.id']);
  }
  if ([...ids.values()].includes(undefined)) problem('a call has no id');
  if (new Set(ids.values()).size < ids.size) problem('calls share an id');

  const compare = (name: string, event: RecordedEvent, parent: string | undefined): void => {
    let root = parent;
    for (let outer = root; outer !== undefined; outer = begins.get(outer)?.parent) root = outer;
    const { 'op.id': id, 'op.root': shownRoot, 'op.parent': shownParent } = event.args;
    if (id !== ids.get(name)) problem(`${name} has the id ${id}`);
    if (shownRoot !== ids.get(root ?? ''))
      problem(`${name} has the root ${shownRoot}, not ${root}`);
    const shown = parent === root ? undefined : parent;
    if (shownParent !== ids.get(shown ?? ''))
      problem(`${name} has the parent ${shownParent}, not ${shown}`);
  };
  for (const { begin, event, endEvent } of timeline.periods.values()) {
    const { name, parent } = begin.entry;
    compare(name, event, parent);
    const keys = Object.keys(endEvent?.args ?? {});
    if (keys.some((key) => key.startsWith('op.'))) problem(`the end of ${name} says it again`);
  }
  for (const { entry, event } of timeline.moments) {
    if (entry.what === 'instant' && event !== undefined) compare(entry.name, event, entry.parent);
  }
}
