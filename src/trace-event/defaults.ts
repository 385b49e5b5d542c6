/** The category of an event that was given none: every event needs one in chrome://tracing. */
export const DEFAULT_CATEGORY = 'default';

/** The category of metadata events. */
export const METADATA_CATEGORY = '__metadata';

/** The label of a process that the recorder has written of, in Perfetto's format. */
export const RECORDED = 'recorded by tracelane';

/** In place of an empty name: chrome://tracing draws no async event without one. */
export const UNNAMED = '(unnamed)';

/** The scope of an instant that was given none: its thread. */
export const DEFAULT_SCOPE = 't';

/** `bp` of every flow's end: without it an arrow ends at the next slice, not at the one around it. */
export const ENCLOSING_SLICE = 'e';
