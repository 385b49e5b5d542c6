import { describeUnread, type Unread } from '../../reader/source/unread.js';
import { describeUnplaced, type Unplaced } from '../../reader/timeline/unplaced.js';

/** What of a file is not in what was read of it. */
export interface Losses {
  readonly truncated: boolean;
  readonly damaged: number;
  readonly unplaced: Unplaced;
  readonly unread: Unread;
}

/** A sentence for each kind of loss. */
export function lossNotes({ truncated, damaged, unplaced, unread }: Losses): string[] {
  const notes: string[] = [];
  if (truncated) notes.push('The file is cut off: what stood behind is missing.');
  if (damaged > 0) notes.push(`${damaged.toLocaleString('en')} events are damaged, and left out.`);
  notes.push(...describeUnplaced(unplaced));
  const notRead = describeUnread(unread);
  if (notRead !== undefined) notes.push(notRead);
  return notes;
}
