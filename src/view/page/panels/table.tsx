import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { called, count, visible } from '../time/words.js';

export interface Column<Row> {
  readonly title: string;
  /** What it is sorted by: numbers from the largest, texts from A. */
  readonly by: (row: Row) => number | string;
  /** What stands there; by default the text itself. */
  readonly shows?: (row: Row) => ComponentChildren;
  /** What is said about the column. */
  readonly says?: string;
}

interface TableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  /** What a click of a row does. */
  readonly open?: ((row: Row) => void) | undefined;
  readonly isCurrent?: (row: Row) => boolean;
}

/** How many rows a table shows until it is asked for more. */
const AT_FIRST = 100;

/** A table that is sorted by a click of a column's head. The first column is what rows are called. */
export function Table<Row>({ label, columns, rows, keyOf, open, isCurrent }: TableProps<Row>) {
  const [order, setOrder] = useState<{ at: number; up: boolean }>();
  const [limit, setLimit] = useState(AT_FIRST);
  const sorted = order === undefined ? rows : sortedBy(rows, columns[order.at], order.up);
  const sort = (at: number) => {
    if (order?.at === at) setOrder(order.up ? undefined : { at, up: true });
    else setOrder({ at, up: false });
  };
  return (
    <>
      <table aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ title, says, by }, at) => (
              <th
                key={title}
                scope="col"
                class={rows[0] && typeof by(rows[0]) === 'number' ? 'number' : ''}
                aria-sort={order?.at !== at ? 'none' : order.up ? 'ascending' : 'descending'}
              >
                <button type="button" title={says} onClick={() => sort(at)}>
                  {title}
                  {order?.at !== at ? '' : order.up ? ' ↑' : ' ↓'}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, limit).map((row) => (
            <tr key={keyOf(row)} class={isCurrent?.(row) ? 'current' : ''}>
              {columns.map((column, at) => (
                <Cell key={column.title} {...{ column, row, at, open }} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > limit ? (
        <button type="button" class="more" onClick={() => setLimit(limit * 10)}>
          Show more of {count(rows.length)}
        </button>
      ) : null}
    </>
  );
}

interface CellProps<Row> {
  readonly column: Column<Row>;
  readonly row: Row;
  readonly at: number;
  readonly open?: ((row: Row) => void) | undefined;
}

function Cell<Row>({ column, row, at, open }: CellProps<Row>) {
  const value = column.by(row);
  const text = at === 0 ? called(String(value), 300) : visible(String(value).slice(0, 300));
  const content = column.shows ? column.shows(row) : text;
  if (at > 0) return <td class={typeof value === 'number' ? 'number' : 'text'}>{content}</td>;
  return (
    <th scope="row" title={visible(String(value).slice(0, 1000))}>
      {open ? (
        <button type="button" class="link" onClick={() => open(row)}>
          {content}
        </button>
      ) : (
        content
      )}
    </th>
  );
}

function sortedBy<Row>(
  rows: readonly Row[],
  column: Column<Row> | undefined,
  up: boolean,
): readonly Row[] {
  if (column === undefined) return rows;
  const sign = up ? 1 : -1;
  return [...rows].sort((a, b) => {
    const [x, y] = [column.by(a), column.by(b)];
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y);
    return -sign * String(x).localeCompare(String(y));
  });
}

/** How large a part is, as a bar behind a text. */
export function Share({ part, text }: { part: number; text: string }) {
  return (
    <span class="share">
      <meter value={Math.min(Math.max(part, 0), 1)} aria-hidden="true" />
      {text}
    </span>
  );
}
