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
  return JSON.parse(text.replace(CALL_FRAME, escapeCallFrame));
}

const CALL_FRAME =
  /"callFrame":\{"functionName":"(.*?)",("lineNumber":-?\d+,"columnNumber":-?\d+,"scriptId":\d+),"url":"(.*?)"\}(?=[,}])/gs;

function escapeCallFrame(_: string, name: string, place: string, url: string): string {
  return `"callFrame":{"functionName":${JSON.stringify(name)},${place},"url":${JSON.stringify(url)}}`;
}
