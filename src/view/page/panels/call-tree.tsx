import { useState } from 'preact/hooks';
import type { FlameNode } from '../../wire/questions.js';
import type { Range, Session } from '../session.js';
import { called, count, duration, percent, visible } from '../time/words.js';
import { toggle } from '../tracks/track-list.js';
import { useAnswer } from './answer.js';
import { Share } from './table.js';

const SETTLED = 150;
const ROWS = 400;

/** Operations call nobody: they overlap. */
export const NO_CALLS = 'No thread has slices here.';

interface CallTreeProps {
  readonly session: Session;
  readonly range: Range;
  readonly direction: 'down' | 'up';
}

interface Line {
  readonly node: FlameNode;
  readonly depth: number;
  readonly path: string;
  readonly isOpen: boolean;
}

/** Calls as a table that opens: down to what was called, or up to who has called. */
export function CallTree({ session, range, direction }: CallTreeProps) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const question = { ask: 'flame', ...range, direction } as const;
  const { answer, problem } = useAnswer<'flame'>(session, question, SETTLED);
  if (problem !== undefined) return <p class="wrong">{visible(problem)}</p>;
  if (answer === undefined) return <p class="faint">Counting …</p>;
  if (answer.roots.length === 0) return <p class="faint">{NO_CALLS}</p>;
  const open = (path: string) => {
    const changed = new Set(opened);
    toggle(changed, path);
    setOpened(changed);
  };
  const lines = linesOf(answer.roots, opened, direction);
  return (
    <>
      <table aria-label={direction === 'down' ? 'Call tree' : 'Bottom-up'}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" class="number">
              Self
            </th>
            <th scope="col" class="number">
              Total
            </th>
            <th scope="col" class="number">
              Share
            </th>
            <th scope="col" class="number">
              Count
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <CallLine key={line.path} line={line} total={answer.total} open={open} />
          ))}
        </tbody>
      </table>
      {answer.isShortened || lines.length >= ROWS ? (
        <p class="faint">Small ones are left out.</p>
      ) : null}
    </>
  );
}

interface CallLineProps {
  readonly line: Line;
  readonly total: number;
  readonly open: (path: string) => void;
}

function CallLine({ line, total, open }: CallLineProps) {
  const { node, depth, path, isOpen } = line;
  const name = called(node.name, 300);
  const share = node.total / (total || 1);
  const indent = { paddingLeft: `${6 + Math.min(depth, 40) * 14}px` };
  return (
    <tr>
      <th scope="row" style={indent} title={name}>
        {node.children.length === 0 ? (
          <span class="leaf">{name}</span>
        ) : (
          <button type="button" class="link" aria-expanded={isOpen} onClick={() => open(path)}>
            {isOpen ? '▾' : '▸'} {name}
          </button>
        )}
      </th>
      <td class="number">{duration(node.self)}</td>
      <td class="number">{duration(node.total)}</td>
      <td class="number">
        <Share part={share} text={percent(share)} />
      </td>
      <td class="number">{count(node.count)}</td>
    </tr>
  );
}

/** What is open, from the top. The way down from the first is open from the start. */
function linesOf(
  roots: readonly FlameNode[],
  opened: ReadonlySet<string>,
  direction: 'down' | 'up',
): Line[] {
  const lines: Line[] = [];
  const add = (nodes: readonly FlameNode[], depth: number, above: string, isFirst: boolean) => {
    for (const [index, node] of nodes.entries()) {
      if (lines.length >= ROWS) return;
      const path = `${above}/${index}`;
      const byItself = direction === 'down' && isFirst && index === 0 && depth < 4;
      const isOpen = opened.has(path) !== byItself;
      lines.push({ node, depth, path, isOpen });
      if (isOpen) add(node.children, depth + 1, path, isFirst && index === 0);
    }
  };
  add(roots, 0, '', true);
  return lines;
}
