import { useEffect, useRef, useState } from 'preact/hooks';
import type { FlameNode } from '../../wire/questions.js';
import { sheetOf } from '../picture/canvas.js';
import { byCharacter, fitted } from '../picture/labels.js';
import { FONT, type Sheet } from '../picture/scene.js';
import type { Range, Session } from '../session.js';
import { colorIndex, css } from '../theme/colors.js';
import { type Inks, readInks } from '../theme/inks.js';
import { called, count, duration, percent, visible } from '../time/words.js';
import { useAnswer } from './answer.js';
import { NO_CALLS } from './call-tree.js';

const ROW = 18;
const DEPTH = 60;

interface Box {
  readonly node: FlameNode;
  readonly depth: number;
  readonly left: number;
  readonly right: number;
}

/** Calls in a range, each as wide as its part of the time. The call tree says the same in text. */
export function FlameGraph({ session, range }: { session: Session; range: Range }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [top, setTop] = useState<FlameNode>();
  const [pointed, point] = useState<FlameNode>();
  const [width, setWidth] = useState(0);
  const { answer, problem } = useAnswer<'flame'>(
    session,
    { ask: 'flame', ...range, direction: 'down' },
    150,
  );
  const roots = top ? [top] : (answer?.roots ?? []);
  const boxes = boxesOf(roots);
  const depth = boxes.reduce((most, box) => Math.max(most, box.depth + 1), 1);

  useEffect(() => setTop(undefined), [answer]);
  useEffect(() => {
    const drawn = canvas.current as HTMLCanvasElement;
    const resized = new ResizeObserver(() => setWidth(drawn.clientWidth));
    resized.observe(drawn);
    return () => resized.disconnect();
  }, []);
  useEffect(() => {
    const drawn = canvas.current;
    const sheet = drawn && sheetOf(drawn);
    if (sheet) draw(sheet, boxes, readInks(drawn, session.theme), pointed);
  }, [answer, top, width, pointed, session.theme]);

  const under = ({ offsetX, offsetY }: MouseEvent) =>
    boxes.find(
      ({ left, right, depth: at }) =>
        Math.floor(offsetY / ROW) === at && offsetX >= left * width && offsetX < right * width,
    )?.node;
  const total = answer?.total || 1;
  const shown = pointed ?? top;
  if (problem !== undefined) return <p class="wrong">{visible(problem)}</p>;
  if (answer?.roots.length === 0) return <p class="faint">{NO_CALLS}</p>;
  return (
    <>
      <p class="faint one-line">
        {shown === undefined
          ? 'Click on a call to make it as wide as the graph.'
          : `${called(shown.name, 200)}: ${duration(shown.total)} (${percent(
              shown.total / total,
            )}), self ${duration(shown.self)}, ${count(shown.count)} ×`}
      </p>
      <canvas
        class="flame"
        style={{ height: `${depth * ROW}px` }}
        ref={canvas}
        role="img"
        aria-label="Flame graph. The call tree says the same in text."
        onPointerMove={(event) => point(under(event))}
        onPointerLeave={() => point(undefined)}
        onClick={(event) => {
          const node = under(event);
          setTop(node === top ? undefined : node);
        }}
      />
    </>
  );
}

/** Where each call stands, in parts of the width. */
function boxesOf(roots: readonly FlameNode[]): Box[] {
  const boxes: Box[] = [];
  const all = roots.reduce((sum, { total }) => sum + total, 0) || 1;
  const place = (nodes: readonly FlameNode[], depth: number, from: number) => {
    let left = from;
    for (const node of nodes) {
      const right = left + node.total / all;
      // What is no pixel wide is not drawn, and nor is what is in it.
      if (right - left > 0.0004 && depth < DEPTH) {
        boxes.push({ node, depth, left, right });
        place(node.children, depth + 1, left);
      }
      left = right;
    }
  };
  place(roots, 0, 0);
  return boxes;
}

function draw(
  { context, width, height, density }: Sheet,
  boxes: readonly Box[],
  inks: Inks,
  pointed: FlameNode | undefined,
): void {
  context.setTransform(density, 0, 0, density, 0, 0);
  context.fillStyle = inks.ground;
  context.fillRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = 'middle';
  const measure = byCharacter((character) => context.measureText(character).width);
  const { fills, inks: texts } = inks.palette;
  for (const { node, depth, left, right } of boxes) {
    const x = left * width;
    const room = (right - left) * width;
    const color = colorIndex(node.name, fills.length);
    context.fillStyle = css(fills[color] ?? 0);
    context.fillRect(x, depth * ROW, Math.max(room - 0.5, 0.5), ROW - 1);
    if (node === pointed) {
      context.strokeStyle = inks.text;
      context.lineWidth = 1.5;
      context.strokeRect(x + 1, depth * ROW + 1, room - 2.5, ROW - 3);
    }
    const text = room > 26 ? fitted(node.name, room - 8, measure) : '';
    context.fillStyle = texts[color] ?? inks.text;
    if (text !== '') context.fillText(text, x + 4, depth * ROW + (ROW - 1) / 2 + 0.5);
  }
}
