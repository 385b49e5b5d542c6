import {
  CRASHES_DEVTOOLS,
  LEAVES_GENERIC_MODE,
  METADATA_NAMES,
  SAMPLED_PROFILE,
} from '../../trace-event/breaking-names.js';
import type { TraceEntry } from '../source/entries.js';
import type { Report } from './findings.js';

/** Categories of Chrome itself: these events have the args that belong to their names. */
const CHROME = /\b(?:devtools\.timeline|blink|loading)\b/;

export function checkName(entry: TraceEntry, report: Report): void {
  const { name, cat } = entry.event ?? {};
  if (typeof name !== 'string') return;
  if (LEAVES_GENERIC_MODE.has(name)) {
    report('reserved-name', entry, `${name} switches DevTools out of its generic mode`);
  } else if (SAMPLED_PROFILE.has(name)) {
    report('name-breaks-viewer', entry, `${name} hides all slices in speedscope`);
  } else if (CRASHES_DEVTOOLS.has(name) && !(typeof cat === 'string' && CHROME.test(cat))) {
    report('name-breaks-viewer', entry, `DevTools may refuse a file with ${name}`);
  } else if (METADATA_NAMES.has(name) && entry.event?.ph !== 'M') {
    report('name-breaks-viewer', entry, `DevTools reads any ${name} as metadata`);
  }
}
