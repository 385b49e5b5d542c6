import { useEffect, useState } from 'preact/hooks';
import type { Answers, Asked, QuestionOf } from '../../wire/questions.js';
import type { Session } from '../session.js';

export interface Reply<Kind extends Asked> {
  /** The last one, until a new one is there. */
  readonly answer: Answers[Kind] | undefined;
  readonly problem: string | undefined;
  readonly isBusy: boolean;
}

/** Asks when the question is another one than before, and forgets questions that are old. */
export function useAnswer<Kind extends Asked>(
  session: Session,
  question: QuestionOf<Kind>,
  delay = 0,
): Reply<Kind> {
  const [reply, setReply] = useState<Reply<Kind>>({
    ...{ answer: undefined, problem: undefined, isBusy: true },
  });
  const text = JSON.stringify(question) + session.facts.version;
  useEffect(() => {
    const abort = new AbortController();
    setReply((old) => ({ ...old, isBusy: true }));
    const timer = setTimeout(() => {
      session.client.ask<Kind>(question, abort.signal).then(
        (answer) => abort.signal.aborted || setReply({ answer, problem: undefined, isBusy: false }),
        (error: unknown) => {
          if (abort.signal.aborted) return;
          const problem = error instanceof Error ? error.message : String(error);
          setReply({ answer: undefined, problem, isBusy: false });
        },
      );
    }, delay);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);
  return reply;
}
