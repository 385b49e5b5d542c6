/** Arguments of slices, which are not kept in the model. */
export interface Arguments {
  /** Those of a slice; undefined where it has none. */
  at(slice: number): Promise<unknown>;
  /** For each slice: 1 where its arguments have a text in them, as they are written, else 0. */
  with(text: string): Promise<Uint8Array>;
}
