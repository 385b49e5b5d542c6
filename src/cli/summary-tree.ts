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

/** A node, and the smallest total on the way to it. */
interface Place {
  readonly node: TreeNode;
  readonly least: number;
  readonly above: Place | undefined;
  branch: Branch | undefined;
}

/** The nodes with the largest totals that form a tree: from the roots on, always the largest next. */
function largest(roots: readonly TreeNode[], most: number): Branch[] {
  const top: Branch[] = [];
  // Those above others come first where they are equal, as the order is kept.
  const places = placesOf(roots).sort((a, b) => b.least - a.least);
  for (const place of places.slice(0, most)) {
    place.branch = { node: place.node, children: [] };
    (place.above?.branch?.children ?? top).push(place.branch);
  }
  return top;
}

function placesOf(nodes: readonly TreeNode[], above?: Place): Place[] {
  return nodes.flatMap((node) => {
    const least = Math.min(node.total, above?.least ?? Number.POSITIVE_INFINITY);
    const place: Place = { node, least, above, branch: undefined };
    return [place, ...placesOf(node.children, place)];
  });
}

function size(nodes: readonly TreeNode[]): number {
  return nodes.reduce((sum, { children }) => sum + 1 + size(children), 0);
}
