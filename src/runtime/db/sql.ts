/** So many statements are remembered; then it begins anew. */
const MAX_KNOWN = 1000;
/** What is longer is cut: a bulk insert may hold megabytes, all of them values. */
const MAX_LENGTH = 4096;

/** How texts, names and comments are told apart. With `sqlite-texts`, double quotes may hold texts, too. */
export type Dialect = 'postgresql' | 'sqlite' | 'sqlite-texts' | 'mysql';

/** A statement without what may be secret in it. */
interface SqlText {
  /** What it does and to what, the same for all statements of a kind: `SELECT users`. */
  readonly summary: string;
  /** Each literal replaced by a question mark, and without comments. */
  readonly text: string;
}

/** What is not closed goes on to the end: statements that are cut end anywhere. */
const COMMENT = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/u;
/** In MySQL, two minus signs may stand before a value. */
const MYSQL_COMMENT = /#[^\n]*|--(?=\s|\p{Cc}|$)[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/u;
/** In PostgreSQL, comments may lie in comments: so deep, and what lies deeper goes on to the end. */
const MAX_NESTED = 5;
/** Names, words with digits in them, and placeholders. */
const NAME = /`[^`]*(?:`|$)|[$:@?]\w+|[\p{L}_][\p{L}\w$]*/u;
const QUOTED_NAME = /"[^"]*(?:"|$)/u;
/** Digits may be grouped by underscores. */
const NUMBER =
  /0[xob][\da-f_]+|\d[\d_]*(?:\.[\d_]*)?(?:e[+-]?[\d_]+)?|\.\d[\d_]*(?:e[+-]?[\d_]+)?/u;
const STRING = /(?:[nxb]|u&)?'(?:[^']|'')*(?:'|$)/u;
const WITH_ESCAPES = /[nxbe]?'(?:[^'\\]|''|\\(?:[\s\S]|$))*(?:'|$)/u;
const ESCAPED_STRING = /e'(?:[^'\\]|''|\\(?:[\s\S]|$))*(?:'|$)/u;
const DOLLAR_QUOTED =
  /\$(?<tag>(?:[a-z_\u0080-\u{10ffff}][\w\u0080-\u{10ffff}]*)?)\$[\s\S]*?(?:\$\k<tag>\$|$)/u;
const MYSQL_STRING = /(?:[nxb]|_\w+\s*)?'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)/u;
const MYSQL_WITH_ESCAPES =
  /(?:[nxb]|_\w+\s*)?'(?:[^'\\]|''|\\(?:[\s\S]|$))*(?:'|$)|"(?:[^"\\]|""|\\(?:[\s\S]|$))*(?:"|$)/u;

/**
 * What the pieces of a statement are. Whether a backslash has a meaning in a text depends on settings of the
 * server: where there are any, what the second one takes for a literal is replaced, too. Made where a program has
 * such a database: most have one kind, or none.
 */
const READINGS: Readonly<Record<Dialect, () => readonly [usual: RegExp, otherwise?: RegExp]>> = {
  postgresql: () => [postgresql(ESCAPED_STRING), postgresql(WITH_ESCAPES)],
  sqlite: () => [
    tokens({ literal: [STRING, NUMBER], name: [QUOTED_NAME, NAME], comment: [COMMENT] }),
  ],
  'sqlite-texts': () => [
    tokens({ literal: [STRING, QUOTED_NAME, NUMBER], name: [NAME], comment: [COMMENT] }),
  ],
  mysql: () => [mysql(MYSQL_WITH_ESCAPES), mysql(MYSQL_STRING)],
};
const TARGET =
  /\b(?:from|into|update|join|table|call)\s+(?:(?:if\s+(?:not\s+)?exists|only|ignore)\s+)*([\p{L}\w$."`]+)/iu;

/** @param escaped The strings in which a backslash has a meaning. */
function postgresql(escaped: RegExp): RegExp {
  return tokens({
    literal: [escaped, STRING, DOLLAR_QUOTED, NUMBER],
    name: [QUOTED_NAME, NAME],
    comment: [new RegExp(`--[^\\n\\r]*|${nestedComment(MAX_NESTED)}`, 'u')],
  });
}

function mysql(string: RegExp): RegExp {
  return tokens({ literal: [string, NUMBER], name: [NAME], comment: [MYSQL_COMMENT] });
}

/** Finds pieces of SQL, each in the group of its kind. */
function tokens(kinds: Readonly<Record<string, readonly RegExp[]>>): RegExp {
  const groups = Object.entries(kinds).map(
    ([kind, all]) => `(?<${kind}>${all.map(({ source }) => source).join('|')})`,
  );
  return new RegExp(groups.join('|'), 'giu');
}

/** Comments in comments. */
function nestedComment(depth: number): string {
  const inner = depth === 0 ? '/\\*[\\s\\S]*' : nestedComment(depth - 1);
  return `/\\*(?:[^*/]|\\*(?!/)|/(?!\\*)|${inner})*(?:\\*/|$)`;
}

/** Statements by their text: most programs have few, and send them often. */
export class SqlTexts {
  readonly #readings: readonly [usual: RegExp, otherwise?: RegExp];
  readonly #known = new Map<string, SqlText>();

  constructor(dialect: Dialect) {
    this.#readings = READINGS[dialect]();
  }

  of(sql: string): SqlText {
    return this.#known.get(sql) ?? this.#learn(sql);
  }

  #learn(sql: string): SqlText {
    const text = this.#withoutLiterals(sql.slice(0, MAX_LENGTH));
    const [verb = 'query'] = /\p{L}+/u.exec(text) ?? [];
    const [, target] = TARGET.exec(text) ?? [];
    const summary =
      target === undefined
        ? verb.toUpperCase()
        : `${verb.toUpperCase()} ${target.replace(/["`]/g, '')}`;
    const learnt = { summary, text: sql.length > MAX_LENGTH ? `${text}…` : text };
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    if (sql.length <= MAX_LENGTH) this.#known.set(sql, learnt);
    return learnt;
  }

  #withoutLiterals(sql: string): string {
    const [usual, otherwise] = this.#readings;
    const both = otherwise !== undefined && sql.includes('\\') ? [usual, otherwise] : [usual];
    const hidden = both
      .flatMap((reading) => hiddenIn(sql, reading))
      .sort((a, b) => a.from - b.from);
    let replaced = '';
    let at = 0;
    for (const { from, to, by } of hidden) {
      // What one reading hides may begin inside of what the other one does.
      if (from >= at) replaced += sql.slice(at, from) + by;
      at = Math.max(at, to);
    }
    return (
      (replaced + sql.slice(at))
        // Of lists of any length there is one.
        .replace(/\?(?:\s*,\s*\?)+/g, '?')
        .replace(/(\(\s*\?\s*\))(?:\s*,\s*\(\s*\?\s*\))+/g, '$1')
        .replace(/\s+/g, ' ')
        .trim()
    );
  }
}

/** A part of a statement, and what stands in its place. */
interface Hidden {
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

/** The literals and comments of a statement. */
function hiddenIn(sql: string, reading: RegExp): Hidden[] {
  const hidden: Hidden[] = [];
  for (const { index: from, 0: piece, groups } of sql.matchAll(reading)) {
    if (groups?.['name'] !== undefined) continue;
    const by = groups?.['literal'] === undefined ? ' ' : '?';
    hidden.push({ from, to: from + piece.length, by });
  }
  return hidden;
}
