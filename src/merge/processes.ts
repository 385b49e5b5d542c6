type Id = number | string;

/** Gives the processes of later files other pids where earlier files have these already. */
export class Processes {
  /** pids by file. */
  readonly #files: Set<Id>[] = [];
  readonly #changes: Map<Id, number>[] = [];

  /** First time round. */
  take(file: number, pid: unknown): void {
    this.#files[file] ??= new Set();
    if (typeof pid === 'number' || typeof pid === 'string') this.#files[file].add(pid);
  }

  findCollisions(): void {
    const taken = new Set<Id>();
    const numbers = this.#files.flatMap((pids) => [...pids]).filter((pid) => Number.isInteger(pid));
    let next = numbers.reduce<number>((most, pid) => Math.max(most, Number(pid)), 0) + 1;
    for (const [file, pids] of this.#files.entries()) {
      this.#changes[file] = new Map();
      for (const pid of pids ?? []) {
        if (taken.has(pid)) this.#changes[file].set(pid, next++);
        else taken.add(pid);
      }
    }
  }

  /** Changes pid, and the tid of the main thread, which is the pid. */
  change(file: number, event: Record<string, unknown>): boolean {
    const pid = this.#changes[file]?.get(event['pid'] as Id);
    if (pid === undefined) return false;
    if (event['tid'] === event['pid']) event['tid'] = pid;
    event['pid'] = pid;
    return true;
  }

  changed(file: number): number {
    return this.#changes[file]?.size ?? 0;
  }
}
