import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ContainerProblem } from '#src/reader/source/container-problem.js';
import { EventSplitter } from '#src/reader/source/event-splitter.js';

interface Split {
  readonly texts: readonly string[];
  readonly offsets: readonly number[];
  /** Those that are said to be all ASCII. */
  readonly ascii: readonly string[];
  readonly problems: readonly ContainerProblem[];
  readonly splitter: EventSplitter;
}

/** Splits a text that comes in pieces of so many bytes. */
function split(text: string | Buffer, size = Number.POSITIVE_INFINITY): Split {
  const bytes = Buffer.from(text);
  const texts: string[] = [];
  const offsets: number[] = [];
  const ascii: string[] = [];
  const problems: ContainerProblem[] = [];
  const splitter = new EventSplitter(
    (block, start, end, offset, isAscii) => {
      const text = block.toString('utf8', start, end);
      texts.push(text);
      offsets.push(offset);
      if (isAscii) ascii.push(text);
    },
    (problem) => problems.push(problem),
  );
  for (let at = 0; at < bytes.length; at += size) {
    splitter.push(bytes.subarray(at, Math.min(bytes.length, at + size)));
  }
  splitter.end();
  return { texts, offsets, ascii, problems, splitter };
}

const rules = ({ problems }: Split) => problems.map(({ rule }) => rule);

describe('the events of a trace are found', () => {
  const events = ['{"name":"a"}', '{"name":"}]\\"{[","args":{"b":[1,{}]}}', '{"ä":"😀"}'];

  for (const [form, text] of [
    ['an array', `[${events.join(',')}]`],
    ['an array with an event a line', `[\n${events.join(',\n')}\n]\n`],
    ['the object form', `{"traceEvents":[${events.join(',')}]}`],
    [
      'the object form with members on both sides',
      `{"a":{"traceEvents":[{}]},"b":"]","traceEvents": [${events.join(' , ')}], "c": [1,"}"]}`,
    ],
  ] as const) {
    test(`in ${form}, wherever the blocks end`, () => {
      for (let size = 1; size <= text.length; size++) {
        const found = split(text, size);
        assert.deepEqual(found.texts, events);
        assert.deepEqual(found.problems, []);
        assert.ok(found.splitter.closed);
        for (const [i, offset] of found.offsets.entries()) {
          const there = Buffer.from(text).subarray(offset).toString();
          assert.ok(there.startsWith(events[i] ?? '?'));
        }
      }
    });
  }

  test('and what stands beside them in the object form is kept', () => {
    const { splitter } = split('{"displayTimeUnit":"ns","traceEvents":[],"metadata":{"a":[1]}}', 3);
    assert.equal(splitter.form, 'object');
    assert.deepEqual(Array.from(splitter.members), [
      ['displayTimeUnit', 'ns'],
      ['metadata', { a: [1] }],
    ]);
  });

  test('and those that are objects of ASCII only are told apart, wherever the blocks end', () => {
    const texts = ['{"a":"b"}', '{"ä":"😀"}', '"text"', '[{"ä":1}]', '{"c":["d"]}'];
    for (let size = 1; size <= 60; size++) {
      const { ascii } = split(`[${texts.join(',')}]`, size);
      assert.deepEqual(ascii, ['{"a":"b"}', '{"c":["d"]}']);
    }
  });

  test('for any JSON that an event may hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue())),
        fc.integer({ min: 1, max: 50 }),
        (values, size) => {
          const texts = values.map((value) => JSON.stringify(value));
          const found = split(`[${texts.join(',\n')}]`, size);
          assert.deepEqual(
            found.texts,
            texts.map((text) => Buffer.from(text).toString()),
          );
          assert.deepEqual(found.problems, []);
        },
      ),
    );
  });
});

describe('a damaged file', () => {
  test('that is cut anywhere gives every whole event, and says where the cut is', () => {
    const events = ['{"a":1}', '{"b":"x,]"}', '{"c":{}}'];
    const text = `[${events.join(',\n')}\n]`;
    for (let length = 1; length < text.length; length++) {
      const found = split(text.slice(0, length), 4);
      const whole = events.filter((event) => text.slice(0, length).includes(event));
      assert.deepEqual(found.texts, whole);
      assert.deepEqual(rules(found), ['truncated']);
      assert.ok(found.splitter.truncated && !found.splitter.closed);
    }
  });

  test('with a quote missing loses that event only', () => {
    const found = split('[{"name":"a},\n{"name":"b"},\n{"name":"c"}]', 5);
    assert.deepEqual(found.texts, ['{"name":"a}', '{"name":"b"}', '{"name":"c"}']);
    assert.deepEqual(rules(found), []);
  });

  const sound = (name: string) => `{"name":"${name}","ph":"X","args":{"list":[{"ph":1},{"b":2}]}}`;
  for (const [what, broken] of [
    ['a quote too many', '{"ph":"X","name":"5" disk"}'],
    ['a quote too many before its phase', '{"name":"5" disk","ph":"X"}'],
    ['a quote too many in its arguments', '{"ph":"X","args":{"sql":"a = "b"}}'],
    ['a quote too few', '{"ph":"X","args":{"a":"b}}'],
    ['a backslash before a quote', String.raw`{"ph":"X","args":{"dir":"C:\d\"}}`],
    ['a brace too few', '{"ph":"X","args":{"a":1}'],
    [
      'a brace too few behind a deep list',
      `{"ph":"X","args":{"a":${'['.repeat(40)}${']'.repeat(40)}}`,
    ],
    ['a bracket for a brace', '{"ph":"X","args":{"a":[1}}'],
  ] as const) {
    test(`with ${what} on one line with many others keeps all of them, and it as it stands`, () => {
      const names = ['a', 'b', broken, 'c', broken, broken, 'd', broken];
      const events = names.map((name) => (name === broken ? broken : sound(name)));
      for (const [before, behind, between] of [
        ['[', ']', ','],
        ['{"traceEvents":[', '],"metadata":{"list":[{}]}}', ' , '],
        ['\ufeff[\r\n', '\r\n]\r\n', ',\r\n'],
      ] as const) {
        for (const size of [1, 7, 1000]) {
          const found = split(`${before}${events.join(between)}${behind}`, size);
          assert.deepEqual(found.texts, events);
          assert.deepEqual(
            rules(found).filter((rule) => rule !== 'byte-order-mark'),
            [],
          );
          assert.ok(found.splitter.closed);
        }
      }
    });
  }

  test('with other text between events of one line keeps all of them', () => {
    for (const [text, problems] of [
      [`[${sound('a')},garbage,${sound('b')},nil 5,${sound('c')}]`, 2],
      [`[${sound('a')}}},${sound('b')},${sound('c')}}]`, 3],
    ] as const) {
      const found = split(text, 9);
      assert.deepEqual(found.texts, ['a', 'b', 'c'].map(sound));
      assert.deepEqual(new Set(rules(found)), new Set(['event-syntax']));
      assert.equal(found.problems.length, problems);
    }
  });

  test('with something else than a comma between events of one line loses none of them', () => {
    for (const between of [
      ...[
        ';',
        ' /* , [x] {y} */ ',
        ' word ',
        '5',
        '" "',
        ',;',
        ',\0\0\0',
        ', // {"a":{"ph":1}} \n',
      ],
    ]) {
      const found = split(`[${['a', 'b', 'c'].map(sound).join(between)}]`, 9);
      assert.deepEqual(found.texts, ['a', 'b', 'c'].map(sound), between);
      assert.ok(rules(found).includes('event-syntax'), between);
      assert.ok(found.splitter.closed, between);
    }
  });

  test('with something wrong in each event of a line is read in no time', () => {
    for (const event of [
      '{"ph":"X","name":"5" disk"}',
      '{"ph":"X","a":{"b":[1}}',
      ',{"a":[{},{"b":',
    ]) {
      const { texts } = split(`[${Array.from({ length: 50_000 }).fill(event).join(',')}]`);
      assert.equal(texts.length, event.startsWith(',') ? 0 : 50_000);
    }
  });

  test('with braces missing on every line gives the events that are whole, in no time', () => {
    const lines = ['{"a":{', '{"b":1},', '{"c":[{', ''].join('\n').repeat(20_000);
    for (const size of [Number.POSITIVE_INFINITY, 1000]) {
      const found = split(`[\n${lines}`, size);
      assert.deepEqual(new Set(found.texts), new Set(['{"b":1}']));
      assert.equal(found.texts.length, 20_000);
    }
    split(`[\n${'{"a":{\n'.repeat(70_000)}`);
    split(`[\n${'{"a":[\n'.repeat(70_000)}${']'.repeat(70_000)}`);
  });

  test('with a brace missing loses that event only', () => {
    const found = split('[{"name":"a",\n{"name":"b"},\n{"name":"c"}]');
    assert.deepEqual(found.texts, ['{"name":"b"}', '{"name":"c"}']);
    assert.deepEqual(rules(found), ['event-syntax']);
  });

  test('with a brace missing keeps all events of a line behind it', () => {
    const found = split('[{"name":"a",\n{"name":"b"},{"name":"c"},{"name":"d"}]');
    assert.deepEqual(found.texts, ['{"name":"b"}', '{"name":"c"}', '{"name":"d"}']);
    assert.deepEqual(rules(found), ['event-syntax']);
  });

  for (const [what, text, expected, texts] of [
    ['a comma too many at the end', '[{"a":1},]', 'trailing-comma', 1],
    ['a comma too many between events', '[{"a":1},,{"a":2}]', 'extra-comma', 2],
    ['a comma too few', '[{"a":1}{"a":2}]', 'missing-comma', 2],
    ['text behind the end', '[{"a":1}] x', 'trailing-data', 1],
    ['a byte order mark', '\ufeff[{"a":1}]', 'byte-order-mark', 1],
    ['nothing in it', '', 'container-start', 0],
    ['something else than JSON', 'hello', 'container-start', 0],
    ['a comma too many behind it', '{"traceEvents":[{"a":1}], }', 'trailing-comma', 1],
    ['a word beside it', '{"traceEvents":[{"a":1}],"m":ms}', 'member-syntax', 1],
    ['NaN before it', '{"m":{"x":NaN},"traceEvents":[{"a":1}]}', 'member-syntax', 1],
    ['a comma too few behind it', '{"traceEvents":[{"a":1}],"m":1 "n":2}', 'member-syntax', 1],
    ['nothing for a member', '{"m":,"traceEvents":[{"a":1}]}', 'member-syntax', 1],
    ['a broken name beside it', '{"\\q":1,"traceEvents":[{"a":1}]}', 'member-syntax', 1],
    ['no list of events', '{"a":1}', 'container-array', 0],
    ['an object for the list', '{"traceEvents":{}}', 'container-array', 0],
  ] as const) {
    test(`with ${what} is named as such`, () => {
      for (const size of [1, 3, 100]) {
        const found = split(text, size);
        assert.deepEqual(rules(found), [expected]);
        assert.equal(found.texts.length, texts);
      }
    });
  }

  test('in UTF-16 is named as such', () => {
    const text = '[{"a":1}]';
    const little = Buffer.from(text, 'utf16le');
    const marked = Buffer.from(`\ufeff${text}`, 'utf16le');
    for (const bytes of [
      little,
      marked,
      Buffer.from(little).swap16(),
      Buffer.from(marked).swap16(),
    ]) {
      for (const size of [1, 2, 100]) {
        const { problems, texts } = split(bytes, size);
        assert.equal(problems.length, 1);
        assert.match(problems[0]?.message ?? '', /UTF-16.* UTF-8/);
        assert.deepEqual(texts, []);
      }
    }
    // It begins with as many bytes as a character has that is no bracket.
    assert.doesNotMatch(split(Buffer.from([0, 0, 0, 0])).problems[0]?.message ?? '', /UTF-16/);
  });

  test('that is no trace, or broken around the list, is neither closed nor cut off', () => {
    for (const text of ['hello', '{"a" 1}', '{"traceEvents":{}}', '{"traceEvents":[{}] x']) {
      const { splitter, problems } = split(`${text} [{"a":1}]`, 3);
      assert.deepEqual([splitter.closed, splitter.truncated], [false, false]);
      assert.equal(problems.length, 1);
    }
  });

  test('of any bytes is read to its end without an error', () => {
    const bytes = fc.array(
      fc.oneof(
        fc.constantFrom(
          '[',
          ']',
          '{',
          '}',
          '"',
          ',',
          ':',
          '\\',
          '\n',
          '{"traceEvents":[',
          'a',
          '1',
        ),
        fc.string({ unit: 'binary', maxLength: 3 }),
      ),
    );
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 9 }), (pieces, size) => {
        split(pieces.join(''), size);
      }),
      { numRuns: 2000 },
    );
  });
});
