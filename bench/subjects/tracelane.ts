import { Tracer } from 'tracelane';
import type { OpenSubject } from './subject.js';

export const open: OpenSubject = async (file) => {
  const tracer = new Tracer(file).start();
  await tracer.flush();
  return {
    spans(count) {
      for (let i = 0; i < count; i++) tracer.span('span').end();
    },
    spansWithArgs(count) {
      for (let i = 0; i < count; i++) tracer.span('span', 'default', { i, name: 'hello' }).end();
    },
    spansWithNestedArg(count) {
      for (let i = 0; i < count; i++) tracer.span('span', 'default', { a: { i } }).end();
    },
    drain: () => tracer.flush(),
    stop: async () => {
      await tracer.stop();
    },
  };
};
