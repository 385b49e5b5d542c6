import type { Program, Script, Step } from './program.js';

/** Programs that have a little less in them than this one, what is cut off most first. */
export function* smaller(program: Program): Generator<Program> {
  const { threads, children } = program;
  if (children.length > 0) yield { ...program, children: children.slice(1) };
  if (threads.length > 1) yield { ...program, threads: threads.slice(0, -1) };
  for (const [i, script] of threads.entries()) {
    for (const shorter of shorterScripts(script)) {
      yield { ...program, threads: threads.with(i, shorter) };
    }
  }
  for (const [i, script] of children.entries()) {
    for (const shorter of shorterScripts(script)) {
      yield { ...program, children: children.with(i, shorter) };
    }
  }
}

function* shorterScripts(script: Script): Generator<Script> {
  for (let size = script.length; size >= 1; size = size >> 1) {
    for (let at = 0; at + size <= script.length; at += size) {
      yield script.toSpliced(at, size);
    }
  }
  for (const [i, step] of script.entries()) {
    for (const simpler of simplerSteps(step)) yield script.toSpliced(i, 1, ...simpler);
  }
}

/** What could stand in place of a step. */
function* simplerSteps(step: Step): Generator<Script> {
  if ('branches' in step) {
    yield step.branches.flat();
    for (const [i, branch] of step.branches.entries()) {
      for (const shorter of shorterScripts(branch)) {
        yield [{ ...step, branches: step.branches.with(i, shorter) }];
      }
    }
  }
  if ('body' in step) {
    yield step.body;
    for (const body of shorterScripts(step.body)) yield [{ ...step, body }];
  }
  if ('is' in step && step.is !== 0) yield [{ ...step, is: 0 }];
  if ('on' in step && step.on !== 0) yield [{ ...step, on: 0 }];
}
