import lib from 'trace-event-lib';
import { LineFile } from './line-file.js';
import type { OpenSubject } from './subject.js';

export const open: OpenSubject = async (file) => {
  const out = new LineFile(file);
  class Builder extends lib.AbstractEventBuilder {
    send(event: object): void {
      out.add(`${JSON.stringify(event)},\n`);
    }
  }
  const builder = new Builder();
  const record = (count: number, args: ((i: number) => Record<string, unknown>) | undefined) => {
    for (let i = 0; i < count; i++) {
      if (args === undefined) builder.begin({ name: 'span', cat: 'default' });
      else builder.begin({ name: 'span', cat: 'default', args: args(i) });
      builder.end();
    }
  };
  return {
    spans: (count) => record(count, undefined),
    spansWithArgs: (count) => record(count, (i) => ({ i, name: 'hello' })),
    spansWithNestedArg: (count) => record(count, (i) => ({ a: { i } })),
    drain: async () => out.flush(),
    stop: async () => out.close(),
  };
};
