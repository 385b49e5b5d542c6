/** So many statements are remembered; then it begins anew. */
const MAX_KNOWN = 1000;
/** What is longer is cut: a bulk insert may hold megabytes, all of them values. */
const MAX_LENGTH = 4096;

/** How backslashes and double quotes are read: MySQL escapes by the one, and puts texts into the other. */
type Dialect = 'standard' | 'mysql';

/** A statement without what may be secret in it. */
interface SqlText {
  /** What it does and to what, the same for all statements of a kind: `SELECT users`. */
  readonly summary: string;
  /** Each literal replaced by a question mark, without comments. */
  readonly text: string;
}

/** What is not closed goes on to the end: statements that are cut end anywhere. */
const COMMENT = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/u;
const HASH_COMMENT = /#[^\n]*/u;
/** Names, words with digits in them, and placeholders. */
const NAME = /`[^`]*(?:`|$)|[$:@?]\w+|[\p{L}_][\p{L}\w$]*/u;
const QUOTED_NAME = /"[^"]*(?:"|$)/u;
/** Digits may be grouped by underscores. */
const NUMBER =
  /0[xob][\da-f_]+|\d[\d_]*(?:\.[\d_]*)?(?:e[+-]?[\d_]+)?|\.\d[\d_]*(?:e[+-]?[\d_]+)?/u;
const STRING = /(?:[nxb]|u&)?'(?:[^']|'')*(?:'|$)/u;
const ESCAPED_STRING = /e'(?:[^'\\]|''|\\(?:[\s\S]|$))*(?:'|$)/u;
const DOLLAR_QUOTED = /\$(?<tag>(?:[a-z_]\w*)?)\$[\s\S]*?(?:\$\k<tag>\$|$)/u;
const MYSQL_STRING =
  /(?:[nxb]|_\w+\s*)?'(?:[^'\\]|''|\\(?:[\s\S]|$))*(?:'|$)|"(?:[^"\\]|""|\\(?:[\s\S]|$))*(?:"|$)/u;

const TOKENS: Readonly<Record<Dialect, RegExp>> = {
  standard: tokens({
    literal: [ESCAPED_STRING, STRING, DOLLAR_QUOTED, NUMBER],
    name: [QUOTED_NAME, NAME],
    comment: [COMMENT],
  }),
  mysql: tokens({
    literal: [MYSQL_STRING, NUMBER],
    name: [NAME],
    comment: [COMMENT, HASH_COMMENT],
  }),
};
const TARGET =
  /\b(?:from|into|update|join|table|call)\s+(?:(?:if\s+(?:not\s+)?exists|only|ignore)\s+)*([\p{L}\w$."`]+)/iu;

/** Finds pieces of SQL, each in the group of its kind. */
function tokens(kinds: Readonly<Record<string, readonly RegExp[]>>): RegExp {
  const groups = Object.entries(kinds).map(
    ([kind, all]) => `(?<${kind}>${all.map(({ source }) => source).join('|')})`,
  );
  return new RegExp(groups.join('|'), 'giu');
}

/** Statements by their text: most programs have few, and send them often. */
export class SqlTexts {
  readonly #tokens: RegExp;
  readonly #known = new Map<string, SqlText>();

  constructor(dialect: Dialect) {
    this.#tokens = TOKENS[dialect];
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
    const replaced = sql.replace(this.#tokens, (...match) => {
      const { literal, name } = match.at(-1);
      if (literal !== undefined) return '?';
      return name ?? ' ';
    });
    return (
      replaced
        // Of lists of any length there is one.
        .replace(/\?(?:\s*,\s*\?)+/g, '?')
        .replace(/(\(\s*\?\s*\))(?:\s*,\s*\(\s*\?\s*\))+/g, '$1')
        .replace(/\s+/g, ' ')
        .trim()
    );
  }
}
