const waiting = new Set<() => void>();
let isOver = false;

/** The program has started: it has got its first request. */
export function endStartup(): void {
  if (isOver) return;
  isOver = true;
  for (const run of waiting) run();
  waiting.clear();
}

/** Runs a function when the program has started. What is returned takes that back. */
export function whenStarted(run: () => void): () => void {
  waiting.add(run);
  return () => waiting.delete(run);
}
