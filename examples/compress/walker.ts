import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { traceAsyncFunction, traceFunction } from 'tracelane';

/** Finds the files below a folder. Its methods are traced by decorators: their code stays as it is. */
export class Walker {
  /** Every regular file, one at a time: the next folder is read when it is asked for. */
  async *walk(folder: string): AsyncGenerator<string, void> {
    const { files, folders } = this.sort(await this.list(folder));
    for (const name of files) yield join(folder, name);
    for (const name of folders) yield* this.walk(join(folder, name));
  }

  /** Other code of this thread runs while the folder is read: that makes it an async event. */
  @traceAsyncFunction({ name: 'list folder', category: 'fs', args: (folder) => ({ folder }) })
  async list(folder: string): Promise<Dirent[]> {
    return readdir(folder, { withFileTypes: true });
  }

  /** Symbolic links, sockets and the like are neither a file nor a folder: they are left out. */
  @traceFunction({ name: 'sort entries', category: 'walk' })
  sort(entries: readonly Dirent[]): { files: string[]; folders: string[] } {
    return {
      files: entries.filter((entry) => entry.isFile()).map((entry) => entry.name),
      folders: entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name),
    };
  }
}
