import type { Tracer } from '../recorder/api/tracer.js';
import type { RuntimeSettings } from './settings.js';

/** What a source records into, and how. */
export interface SourceContext {
  readonly tracer: Tracer;
  readonly settings: RuntimeSettings;
}

/** Something that is recorded by itself. */
export interface Source {
  /** Whether it is recorded where nobody says which sources are. */
  readonly isDefault: boolean;
  /** What it shows, for the list that users see. */
  readonly shows: string;
  /** Begins to record in this thread. What is disposed of leaves nothing patched behind. */
  start(context: SourceContext): Disposable;
}
