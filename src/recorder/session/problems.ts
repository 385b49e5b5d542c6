import type { Arena } from '../arena/arena.js';
import {
  COUNTER_UNMATCHED,
  FAILURE_OFFSET,
  NOTICE_FILE_CUT,
  NOTICE_OUTPUT_STALLED,
  REPORTED_FILE_CUT,
  REPORTED_OUTPUT_STALLED,
  REPORTED_UNMATCHED,
  REPORTED_WRITE_ERROR,
  SLOT_FAILURE_LENGTH,
  SLOT_NOTICES,
  SLOT_REPORTED,
} from '../arena/layout.js';
import { remedyFor, tellReplaced } from './output-file.js';

/** Something that the writer has met and the program is to be warned of, once. */
export interface Problem {
  /** One of REPORTED_*. */
  readonly bit: number;
  readonly code: string;
  readonly message: string;
}

interface Kind {
  readonly bit: number;
  readonly code: string;
  /** Whether the arena says that it has come up. */
  isThere(arena: Arena): boolean;
  describe(path: string, arena: Arena): string;
}

const KINDS: readonly Kind[] = [
  {
    bit: REPORTED_WRITE_ERROR,
    code: 'TRACELANE_WRITE_FAILED',
    isThere: (arena) => failureLength(arena) > 0,
    describe: (path, arena) => {
      const end = FAILURE_OFFSET + failureLength(arena);
      const reason = tellReplaced(arena.bytes.toString('utf8', FAILURE_OFFSET, end), path);
      return (
        `The trace file ${path} can no longer be written: ${reason}. It holds all that was written ` +
        'before; later events are lost and counted in stats().lost. ' +
        remedyFor(reason.split(':', 1)[0])
      );
    },
  },
  {
    bit: REPORTED_FILE_CUT,
    code: 'TRACELANE_FILE_CUT',
    isThere: (arena) => hasNotice(arena, NOTICE_FILE_CUT),
    describe: (path) =>
      `Something else has emptied or cut the trace file ${path} while it is being written. A new ` +
      'trace begins there: it holds what is recorded from now on, and what is open. Move the file ' +
      'away when the tracer has stopped.',
  },
  {
    bit: REPORTED_OUTPUT_STALLED,
    code: 'TRACELANE_OUTPUT_STALLED',
    isThere: (arena) => hasNotice(arena, NOTICE_OUTPUT_STALLED),
    describe: (path) =>
      `What reads the trace from ${path} has taken nothing for two seconds. It is not waited for any ` +
      'more: until it goes on, events are lost and counted in stats().lost. Read faster, or write ' +
      'to a file.',
  },
  {
    bit: REPORTED_UNMATCHED,
    code: 'TRACELANE_UNMATCHED_END',
    isThere: ({ counters }) => Atomics.load(counters, COUNTER_UNMATCHED) > 0n,
    describe: () =>
      'A span, an async operation or a flow was ended (or stepped) by an id that is not open: it was ' +
      'never begun, or was ended before. stats().unmatchedEnds counts them.',
  },
];

/** What the writer of an arena has met and no thread has warned of. */
export function problemsOf(arena: Arena, path: string): Problem[] {
  const reported = Atomics.load(arena.int32, SLOT_REPORTED);
  return KINDS.filter((kind) => (reported & kind.bit) === 0 && kind.isThere(arena)).map(
    ({ bit, code, describe }) => ({ bit, code, message: describe(path, arena) }),
  );
}

function failureLength({ int32 }: Arena): number {
  return Atomics.load(int32, SLOT_FAILURE_LENGTH);
}

function hasNotice({ int32 }: Arena, notice: number): boolean {
  return (Atomics.load(int32, SLOT_NOTICES) & notice) !== 0;
}
