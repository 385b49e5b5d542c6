/** A node of a tree, and the lines that lead to it. */
export interface TreeLine<Node> {
  readonly node: Node;
  readonly drawn: string;
}

/** A tree from top to bottom, one node a line: children stand below their parents. */
export function treeLines<Node extends { readonly children: readonly Node[] }>(
  nodes: readonly Node[],
  depth = 0,
  around = '',
): TreeLine<Node>[] {
  return nodes.flatMap((node, i) => {
    const isLast = i === nodes.length - 1;
    const [own, below] = depth === 0 ? ['', ''] : isLast ? ['└ ', '  '] : ['├ ', '│ '];
    return [
      { node, drawn: `${around}${own}` },
      ...treeLines(node.children, depth + 1, `${around}${below}`),
    ];
  });
}
