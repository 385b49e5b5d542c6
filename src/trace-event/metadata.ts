import { number, object } from '../intrinsics/language.js';

/** The one argument of a metadata event that a viewer honours. */
export interface MetadataShape {
  readonly key: string;
  readonly type: 'string' | 'integer';
}

const SHAPES: Readonly<Record<string, MetadataShape>> = {
  process_name: { key: 'name', type: 'string' },
  thread_name: { key: 'name', type: 'string' },
  process_labels: { key: 'labels', type: 'string' },
  process_sort_index: { key: 'sort_index', type: 'integer' },
  thread_sort_index: { key: 'sort_index', type: 'integer' },
};

/** What viewers look for in metadata of this name; undefined where they look for nothing. */
export function metadataShape(name: unknown): MetadataShape | undefined {
  return typeof name === 'string' && object.hasOwn(SHAPES, name) ? SHAPES[name] : undefined;
}

/** Whether a value is what the shape asks for. */
export function fitsShape({ type }: MetadataShape, value: unknown): boolean {
  return type === 'string' ? typeof value === 'string' : number.isSafeInteger(value);
}
