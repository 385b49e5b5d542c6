import type { ComponentChildren } from 'preact';
import { visible } from '../time/words.js';

/** A trace may hold anything: what is shown of it is bounded. */
const DEPTH = 8;
const ENTRIES = 100;
const TEXT = 2000;

/** Arguments as a tree. All of it is text, and nothing a link. */
export function Args({ value }: { value: unknown }) {
  if (typeof value !== 'object' || value === null) return <Leaf value={value} />;
  return <Entries value={value} depth={0} />;
}

function Entries({ value, depth }: { value: object; depth: number }) {
  const entries = Object.entries(value);
  const rest = entries.length - ENTRIES;
  return (
    <ul class="args">
      {entries.slice(0, ENTRIES).map(([key, inner]) => (
        <li key={key}>
          <Entry name={visible(key.slice(0, 200))} value={inner} depth={depth} />
        </li>
      ))}
      {rest > 0 ? <li class="faint">and {rest} more</li> : null}
      {entries.length === 0 ? <li class="faint">empty</li> : null}
    </ul>
  );
}

function Entry({ name, value, depth }: { name: string; value: unknown; depth: number }) {
  const called: ComponentChildren = <span class="key">{name}</span>;
  if (typeof value !== 'object' || value === null)
    return (
      <>
        {called} <Leaf value={value} />
      </>
    );
  if (depth >= DEPTH)
    return (
      <>
        {called} <span class="faint">is nested deeper than is shown</span>
      </>
    );
  const size = Array.isArray(value) ? `[${value.length}]` : '';
  return (
    <details open={depth < 2}>
      <summary>
        {called} <span class="faint">{size}</span>
      </summary>
      <Entries value={value} depth={depth + 1} />
    </details>
  );
}

function Leaf({ value }: { value: unknown }) {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const cut = text.length > TEXT ? `${text.slice(0, TEXT)}…` : text;
  return <span class={typeof value === 'string' ? 'text' : 'value'}>{visible(cut)}</span>;
}
