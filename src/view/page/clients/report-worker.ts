import { TraceModel } from '../../model/trace-model.js';
import { decodeModel } from '../../report/model-bytes.js';
import { PackedArguments, unpack } from '../../report/packed-arguments.js';
import { decodePayload } from '../../report/payload.js';
import { checkQuestion } from '../../wire/check-question.js';
import type { WorkerAnswer, WorkerQuestion } from './worker-client.js';

/** The worker of a report: the first message is the trace, all others are questions. */
let model: Promise<TraceModel> | undefined;

addEventListener('message', ({ data }: MessageEvent<Blob | WorkerQuestion>) => {
  if (data instanceof Blob) model = open(data);
  else void answer(data);
});

async function open(payload: Blob): Promise<TraceModel> {
  const carried = decodePayload(new Uint8Array(await payload.arrayBuffer()));
  const data = decodeModel(await unpack(carried.model, 'gzip'));
  return new TraceModel(data, new PackedArguments(carried.blocks, data.slices.count));
}

async function answer({ id, question }: WorkerQuestion): Promise<void> {
  const say = (words: WorkerAnswer) => postMessage(words);
  try {
    const known = (await model) as TraceModel;
    say({ id, answer: await known.answer(checkQuestion(question)) });
  } catch (error) {
    const { code = 'TRACELANE_INTERNAL', message } = error as Error & { code?: string };
    say({ id, failure: { code, message } });
  }
}
