import type { TreeNode } from '../reader/summary/summary.js';
import { count, duration } from './numbers.js';
import { colors, table } from './output.js';
import { nameColumn, shareOf } from './summary-tables.js';
import type { Column } from './table.js';
import { treeLines } from './tree.js';

/** A row, and what is shown below it. */
interface Branch {
  readonly node: TreeNode;
  readonly children: Branch[];
}

/**
 * A tree of calls. Of all places in it, those in which the most time went are shown: as many as
 * there may be rows.
 */
export function describeTree(roots: readonly TreeNode[], wall: number, most: number): string {
  const shown = largest(roots, most);
  const columns: Column[] = [
    nameColumn('name', 24),
    { title: 'count' },
    { title: 'total' },
    { title: 'self', dispensable: 1 },
    { title: 'mean', dispensable: 2 },
    { title: 'share' },
  ];
  const rows = treeLines(shown).map(({ node: { node }, drawn }) => [
    { drawn, text: node.kind === 'async' ? `${node.name} (async)` : node.name },
    node.count.toLocaleString('en'),
    duration(node.total),
    node.self === undefined ? '' : duration(node.self),
    node.count === 0 ? '' : duration(node.total / node.count),
    shareOf(node.kind, part(node, wall), part(node, wall)),
  ]);
  const hidden = size(roots) - rows.length;
  const more = hidden > 0 ? `\n${colors.dim(`… and ${count(hidden, 'place')} more`)}` : '';
  return `${table(columns, rows)}${more}`;
}

function part({ total }: TreeNode, wall: number): number {
  return wall === 0 ? 0 : total / wall;
}

/** The nodes with the largest totals that form a tree: from the roots on, always the largest next. */
function largest(roots: readonly TreeNode[], most: number): Branch[] {
  const top: Branch[] = [];
  const next = roots.map((node) => ({ node, among: top }));
  for (let rows = 0; rows < most && next.length > 0; rows++) {
    const at = next.reduce(
      (best, { node }, i) => (node.total > next[best].node.total ? i : best),
      0,
    );
    const [{ node, among }] = next.splice(at, 1);
    const branch: Branch = { node, children: [] };
    among.push(branch);
    next.push(...node.children.map((child) => ({ node: child, among: branch.children })));
  }
  return top;
}

function size(nodes: readonly TreeNode[]): number {
  return nodes.reduce((sum, { children }) => sum + 1 + size(children), 0);
}
