import type { FlowFacts, Gap, SliceFacts } from '../../wire/questions.js';
import type { Pictures } from '../asking/pictures.js';
import type { Rows } from '../tracks/track-list.js';
import type { View } from '../viewport/view.js';

/** Everything that a picture of the tracks shows. */
export interface Scene {
  readonly view: View;
  readonly rows: Rows;
  readonly scrollTop: number;
  readonly pictures: Pictures;
  readonly gaps: readonly Gap[];
  readonly end: number;
  readonly byCategory: boolean;
  readonly dims: boolean;
  readonly selected: SliceFacts | undefined;
  readonly hovered: SliceFacts | undefined;
  readonly flows: readonly FlowFacts[];
  readonly range: View | undefined;
  readonly marks: readonly number[];
  readonly cursor: number | undefined;
}

/** A canvas as it is now, in CSS pixels. */
export interface Sheet {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** Pixels of the screen in one of CSS. */
  readonly density: number;
}

export const FONT = '11px system-ui, sans-serif';
