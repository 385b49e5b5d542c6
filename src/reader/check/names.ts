import type { TraceEntry } from '../source/entries.js';
import type { Report } from './rules.js';

/**
 * An event with one of these names, whatever its phase, makes DevTools take the trace for a
 * browser's, and leave the generic mode in which it draws all threads alike.
 */
const LEAVES_GENERIC_MODE = new Set([
  'TracingStartedInBrowser',
  'TracingStartedInPage',
  'TracingSessionIdForWorker',
  'CpuProfile',
]);

/** speedscope takes a file with one of these for a sampled V8 profile, and draws no slice of it. */
const SAMPLED_PROFILE = new Set(['Profile', 'ProfileChunk']);

/** Names that viewers read as metadata, whatever the phase. */
const METADATA = new Set(['process_name', 'thread_name']);

/**
 * Names of Chrome's own events, whose args DevTools reads without checking them, in one phase or
 * more. An event that has the name but not the args makes the panel refuse the whole file.
 */
export const CRASHES_DEVTOOLS: ReadonlySet<string> = new Set([
  'AbortPostTaskCallback',
  'FireIdleCallback',
  'InvalidateLayout',
  'LayoutShift',
  'MarkDOMContent',
  'MarkLoad',
  'Paint',
  'PaintImage',
  'ParseAuthorStyleSheet',
  'ParseHTML',
  'PipelineReporter',
  'PreloadRenderBlockingStatusChange',
  'RequestIdleCallback',
  'ResourceFinish',
  'ResourceMarkAsCached',
  'ResourceReceiveResponse',
  'ResourceReceivedData',
  'ResourceSendRequest',
  'ResourceWillSendRequest',
  'RunPostTaskCallback',
  'SchedulePostTaskCallback',
  'ScheduleStyleRecalculation',
  'SetLayerTreeId',
  'SoftNavigationStart',
  'StyleInvalidatorInvalidationTracking',
  'StyleRecalcInvalidationTracking',
  'SyntheticNetworkRequest',
  'TimerFire',
  'TimerInstall',
  'WebSocketCreate',
  'WebSocketDestroy',
  'WebSocketReceive',
  'WebSocketReceiveHandshakeResponse',
  'WebSocketSend',
  'WebSocketSendHandshakeRequest',
  'firstContentfulPaint',
  'firstPaint',
  'largestContentfulPaint::Candidate',
  'largestContentfulPaint::CandidateForSoftNavigation',
]);

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
  } else if (METADATA.has(name) && entry.event?.ph !== 'M') {
    report('name-breaks-viewer', entry, `DevTools reads any ${name} as metadata`);
  }
}
