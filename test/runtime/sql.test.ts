import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SqlTexts } from '#src/runtime/db/sql.js';

const postgresql = new SqlTexts('postgresql');
const sqlite = new SqlTexts('sqlite');
const sqliteTexts = new SqlTexts('sqlite-texts');
const mysql = new SqlTexts('mysql');

describe('the text of a query', () => {
  const texts: readonly [says: string, sql: string, text: string, dialect?: SqlTexts][] = [
    ['numbers', 'SELECT 1, -2.5e3, 0xFF, .5 FROM t1', 'SELECT ?, -? FROM t1'],
    [
      'numbers in groups and of other bases',
      'SELECT 1_234_567.8_9, 0b1_01, 0o17, 0xF_F',
      'SELECT ?',
    ],
    ['numbers of MySQL of another base', 'SELECT 0b101 FROM t', 'SELECT ? FROM t', mysql],
    ['strings with quotes', `SELECT 'it''s' || 'b'`, 'SELECT ? || ?'],
    ['strings with backslashes', `SELECT 'it''s' || 'a\\' || 'b'`, 'SELECT ? || ? || ?', sqlite],
    ['strings that end with a backslash, or go on', `SELECT 'a\\', 'b' FROM t`, 'SELECT ?'],
    ['strings with escapes where the server has them on', `SELECT 'it\\'s x' FROM t`, 'SELECT ?'],
    ['strings of MySQL without escapes', `SELECT 'C:\\', 'x' FROM t`, 'SELECT ?', mysql],
    [
      'texts in double quotes',
      'INSERT INTO t VALUES ("x")',
      'INSERT INTO t VALUES (?)',
      sqliteTexts,
    ],
    ['strings with escapes', `SELECT E'it\\'s' || 'b'`, 'SELECT ? || ?'],
    ['escapes of MySQL', `SELECT 'a\\\\b', "c\\\\d" FROM x`, 'SELECT ? FROM x', mysql],
    ['strings in dollars', 'SELECT $$a$$, $tag$b $$ c$tag$ AS x', 'SELECT ? AS x'],
    ['comments', "SELECT 1 -- 'secret\n/* 2 */ FROM t", 'SELECT ? FROM t'],
    ['comments in comments', "SELECT /* a /* b */ 'c */ y", 'SELECT y'],
    [
      'comments of SQLite, which has none in them',
      "SELECT /* a /* b */ 'c' x",
      'SELECT ? x',
      sqlite,
    ],
    ['comments that end with a carriage return', "SELECT -- a'\r'b\nc'", 'SELECT ?'],
    ['values behind two minus signs', "SELECT 5--'a\nb'", 'SELECT ?--?', mysql],
    ['values behind other letters in dollars', 'SELECT $é$a$é$, $_1$b$_1$ AS x', 'SELECT ? AS x'],
    ['comments of MySQL', 'SELECT a # secret\nFROM t', 'SELECT a FROM t', mysql],
    ['lists of any length', 'INSERT INTO t VALUES (1, 2), (3, 4)', 'INSERT INTO t VALUES (?)'],
    ['what is not closed', "SELECT 'secret", 'SELECT ?'],
  ];
  for (const [says, sql, text, dialect = postgresql] of texts) {
    test(`has no ${says}`, () => assert.equal(dialect.of(sql).text, text));
  }

  test('keeps names and placeholders', () => {
    const sql = 'SELECT "a 1"."b", c2 FROM x WHERE a = $1 AND b = ?2 AND c = :c3 AND d = @d4';
    assert.equal(postgresql.of(sql).text, sql);
  });

  test('is cut, with whatever stands open there', () => {
    const { text, summary } = postgresql.of(`INSERT INTO t VALUES ('${'secret'.repeat(10_000)}')`);
    assert.equal(text, 'INSERT INTO t VALUES (?…');
    assert.equal(summary, 'INSERT t');
  });

  test('is the same for what is asked again, however many there are', () => {
    for (let i = 0; i < 3000; i++) assert.equal(postgresql.of(`SELECT ${i}`).text, 'SELECT ?');
  });
});

describe('the summary of a query', () => {
  for (const [sql, summary] of [
    ['select * from "Users" u join x on 1', 'SELECT Users'],
    ['INSERT INTO public.users (a) VALUES (1)', 'INSERT public.users'],
    ['UPDATE `users` SET a = 1', 'UPDATE users'],
    ['DELETE FROM ONLY users', 'DELETE users'],
    ['CREATE TABLE IF NOT EXISTS users (id int)', 'CREATE users'],
    ['SELECT a FROM (SELECT b FROM inner_one) x', 'SELECT inner_one'],
    ["SELECT ' FROM secret'", 'SELECT'],
    ['-- a comment\nBEGIN', 'BEGIN'],
    ['', 'QUERY'],
  ] as const) {
    test(`of '${sql}' is ${summary}`, () => assert.equal(postgresql.of(sql).summary, summary));
  }
});
