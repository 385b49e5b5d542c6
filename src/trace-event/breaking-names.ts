/**
 * An event with one of these names, whatever its phase, makes DevTools take the trace for a
 * browser's, and leave the generic mode in which it draws all threads alike.
 */
export const LEAVES_GENERIC_MODE: ReadonlySet<string> = new Set([
  'TracingStartedInBrowser',
  'TracingStartedInPage',
  'TracingSessionIdForWorker',
  'CpuProfile',
]);

/** speedscope takes a file with one of these for a sampled V8 profile, and draws no slice of it. */
export const SAMPLED_PROFILE: ReadonlySet<string> = new Set(['Profile', 'ProfileChunk']);

/** Names that viewers read as metadata, whatever the phase. */
export const METADATA_NAMES: ReadonlySet<string> = new Set(['process_name', 'thread_name']);

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

/** All names of slices at which a viewer may refuse a file, or draw it in another way. */
export const BREAKING_NAMES: ReadonlySet<string> = new Set([
  ...LEAVES_GENERIC_MODE,
  ...SAMPLED_PROFILE,
  ...METADATA_NAMES,
  ...CRASHES_DEVTOOLS,
]);
