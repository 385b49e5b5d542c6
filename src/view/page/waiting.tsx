import { bytes } from './time/words.js';

interface WaitingProps {
  readonly read?: number;
  readonly size?: number | undefined;
  readonly problem?: string;
}

/** What is seen until there is a trace, or where there will be none. */
export function Waiting({ read = 0, size, problem }: WaitingProps) {
  if (problem !== undefined)
    return (
      <main class="waiting">
        <h1>This trace cannot be shown</h1>
        <p role="alert">{problem}</p>
      </main>
    );
  const done = size === undefined ? bytes(read) : `${bytes(read)} of ${bytes(size)}`;
  return (
    <main class="waiting">
      <h1>Reading the trace</h1>
      <progress aria-label="How much is read" value={size ? read : undefined} max={size} />
      <p>{read === 0 ? '\u00a0' : done}</p>
    </main>
  );
}
