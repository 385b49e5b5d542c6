import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Link, readLink, writeLink } from '#src/view/page/url/link.js';

const NOTHING = readLink('');

describe('the link of what is on the screen', () => {
  test('says all of it, and leads back to it', () => {
    const link: Link = {
      view: { from: -5, to: 123_456_789 },
      slice: 17,
      range: { from: 1, to: 2 },
      of: ['a1b2c3', 'zzzzzz'],
      compared: { from: -7, to: 3 },
      comparedOf: ['b'],
      belonging: 3,
      only: true,
      toggled: ['a1b2c3'],
      pinned: ['b'],
      hidden: ['c'],
      moved: [
        ['a1b2c3', 12],
        ['b', 0],
      ],
      marks: [-3, 0, 77],
      find: 'cat:db & "<x>" #1',
      filter: 'worker 2',
      panel: 'find',
      byCategory: true,
      isAbsolute: true,
    };
    assert.deepEqual(readLink(`#${writeLink(link)}`), link);
    assert.equal(writeLink(NOTHING), '');
  });

  test('leaves out what it cannot understand', () => {
    for (const odd of [
      '#view=9_1',
      '#slice=-1',
      '#range=1_2_3',
      '#pinned=a%20b..&marks=x',
      '#moved=a.b_.c_x.d_1_2',
      '#%',
    ])
      assert.deepEqual(readLink(odd), NOTHING, odd);
    assert.equal(readLink(`#find=${'x'.repeat(10_000)}`).find.length, 500);
  });
});
