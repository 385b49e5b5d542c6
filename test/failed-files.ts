import type { TestEvent } from 'node:test/reporters';

/** A reporter for `node --test`: gives the files in which a test has failed, one in a line. */
export default async function* failedFiles(
  events: AsyncIterable<TestEvent>,
): AsyncGenerator<string> {
  const files = new Set<string>();
  for await (const { type, data } of events) {
    // A file that ended without a word fails as a test that is called by its path.
    if (type === 'test:fail') files.add(data.file ?? data.name);
  }
  for (const file of files) yield `${file}\n`;
}
