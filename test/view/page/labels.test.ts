import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { byCharacter, fitted } from '#src/view/page/picture/labels.js';

const ten = (text: string) => 10 * [...text].length;

describe('the label of a slice', () => {
  test('is whole where it has room, else cut, and nothing where that would say nothing', () => {
    assert.equal(fitted('connect', 70, ten), 'connect');
    assert.equal(fitted('connect', 69, ten), 'conne…');
    assert.equal(fitted('connect', 29, ten), '');
    assert.equal(fitted('', 100, ten), '');
  });

  test('never takes more than its room, and never half of a character', () => {
    for (let room = 0; room < 200; room += 7) {
      const label = fitted('日本👩👩 a b c d e f', room, ten);
      assert.ok(ten(label) <= room);
      assert.ok(label.isWellFormed());
    }
  });

  test('shows what would not be seen, or would turn the text around it', () => {
    assert.equal(fitted('a\u202Egnp.exe\u202C', 1000, ten), 'a[202E]gnp.exe[202C]');
    assert.equal(fitted('tab\there', 1000, ten), 'tab␉here');
    assert.equal(fitted('a\u200B\u200Bb', 60, ten), 'a[200…');
    // What is cut in two is no sign of its own.
    assert.equal(fitted(`${'x'.repeat(159)}👩 and more`, 1e9, ten), `${'x'.repeat(159)}…`);
  });

  test('of a huge name only the start is looked at', () => {
    let measured = 0;
    fitted('x'.repeat(1e6), 1e9, (text) => {
      measured += text.length;
      return ten(text);
    });
    assert.ok(measured < 1000, `${measured}`);
  });

  test('each character is measured once', () => {
    let calls = 0;
    const measure = byCharacter((text) => {
      calls++;
      return ten(text);
    });
    assert.equal(measure('abcabc'), 60);
    assert.equal(measure('cab'), 30);
    assert.equal(calls, 3);
  });
});
