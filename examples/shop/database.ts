/** What a column may hold. */
export type Value = string | number;

export interface Statement {
  /** Rows have the columns that the statement asks for. */
  all<Row>(...values: Value[]): Row[];
  run(...values: Value[]): void;
}

export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/**
 * SQLite in memory. Node brings it along, and tracelane shows its queries; where it does not (Node 20),
 * a WebAssembly build of the same database stands in, which needs no compiler.
 */
export async function openDatabase(): Promise<Database> {
  const path = ':memory:';
  // The types of Node 20 know of no such module.
  const name: string = 'node:sqlite';
  const builtin = await import(name).catch(() => undefined);
  if (builtin !== undefined) return new builtin.DatabaseSync(path);
  const { default: sqlite } = await import('node-sqlite3-wasm');
  const database = new sqlite.Database(path);
  return {
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        all: <Row>(...values: Value[]) => statement.all(values) as Row[],
        run: (...values) => void statement.run(values),
      };
    },
    close: () => database.close(),
  };
}
