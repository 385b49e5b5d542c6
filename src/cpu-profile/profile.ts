/** What is used of a profile of V8's. */
export interface Profile {
  readonly nodes: readonly ProfileNode[];
  /** Microseconds of CLOCK_MONOTONIC, or of what the system has instead. */
  readonly startTime: number;
  readonly endTime: number;
  /** For each sample, the node at which the stack ended. */
  readonly samples?: readonly number[] | undefined;
  /** Microseconds from the start, or from the sample before. */
  readonly timeDeltas?: readonly number[] | undefined;
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: ProfileFrame;
  readonly children?: readonly number[] | undefined;
  /** The other way round, as other tools write it. */
  readonly parent?: number | undefined;
}

export interface ProfileFrame {
  readonly functionName: string;
  /** A number or its digits. */
  readonly scriptId: string | number;
  readonly url: string;
  /** From 0. */
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/**
 * V8 puts the names of functions and files between quotes as they are: Windows' paths and the quotes in
 * a name make text that is no JSON, or JSON of something else.
 */
export function parseProfile(text: string): Profile {
  if (!text.includes('\\')) {
    try {
      return JSON.parse(text);
    } catch {
      // A quote or a line break in a name.
    }
  }
  return JSON.parse(isOfV8(text) ? text.replace(CALL_FRAME, escapeCallFrame) : text);
}

/** Other tools write fields in another order, and JSON as it has to be. The first node tells: it is the root. */
function isOfV8(text: string): boolean {
  const start = text.indexOf('"callFrame":');
  return start >= 0 && text.slice(start).search(CALL_FRAME) === 0;
}

/** No text reaches into the next node: a search would go to the end of the file for each node without a match. */
const CALL_FRAME =
  /"callFrame":\{"functionName":"((?:(?!"callFrame":).)*?)",("lineNumber":-?\d+,"columnNumber":-?\d+,"scriptId":\d+),"url":"((?:(?!"callFrame":).)*?)"\}(?=[,}])/gs;

function escapeCallFrame(_: string, name: string, place: string, url: string): string {
  return `"callFrame":{"functionName":${JSON.stringify(name)},${place},"url":${JSON.stringify(url)}}`;
}
