import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  bytes,
  count,
  duration,
  exactDuration,
  moment,
  quantity,
  timeOfDay,
  visible,
} from '#src/view/page/time/words.js';

const plain = (text: string) => text.replaceAll('\u202f', ' ');

describe('words for times and numbers', () => {
  test('lengths have three or four figures, in the largest unit of which there is one', () => {
    assert.deepEqual(
      [0, 999, 1000, 12_345, 999_999, 1e6, 123_456_789, 61.5e9, null].map(duration),
      [
        '0 ns',
        '999 ns',
        '1.000 µs',
        '12.35 µs',
        '1000.0 µs',
        '1.000 ms',
        '123.5 ms',
        '61.50 s',
        '–',
      ],
    );
    assert.equal(plain(exactDuration(1_234_567)), '1.234 567 ms');
    assert.equal(plain(exactDuration(5)), '5 ns');
  });

  test('moments are as fine as it takes to tell two of them apart', () => {
    assert.equal(moment(1_500_000_000, 100_000_000), '1.5 s');
    assert.equal(plain(moment(1_500_000_123, 1)), '1.500 000 123 s');
    assert.equal(moment(0, 5_000_000), '0 ms');
    assert.equal(moment(0, 500_000_000, 3e9), '0.0 s');
    assert.equal(moment(-250_000, 1000), '-250 µs');
  });

  test('the time of day is right before the start, too', () => {
    const noon = new Date(2026, 0, 1, 12, 0, 0).getTime();
    assert.equal(timeOfDay(1_500_000_000, noon, 1e6), '12:00:01.500');
    assert.equal(timeOfDay(-500_000_000, noon, 1e8), '11:59:59.5');
    assert.equal(timeOfDay(61e9, noon, 1e9), '12:01:01');
  });

  test('the time of day has the parts of a millisecond at which a trace began', () => {
    const noon = new Date(2026, 0, 1, 12, 0, 0).getTime();
    assert.equal(timeOfDay(0, noon + 0.75, 1e3), '12:00:00.000750');
    assert.equal(timeOfDay(500_000, noon + 0.75, 1e3), '12:00:00.001250');
    assert.equal(timeOfDay(-500_000, noon + 0.25, 1e3), '11:59:59.999750');
  });

  test('numbers have their thousands apart, and values of counters stay short', () => {
    assert.deepEqual([0, 999, 1234, 1234567].map(count), ['0', '999', '1,234', '1,234,567']);
    assert.deepEqual([3, 0.25, 9_537_000, 2.5e9, -1500.5].map(quantity), [
      ...['3', '0.25', '9.537M', '2.5G', '-1.5k'],
    ]);
    assert.deepEqual([-1e300, 1e15, 9.5e14].map(quantity), ['-1.000e+300', '1.000e+15', '950000G']);
    assert.deepEqual([1, 1500, 2_345_678].map(bytes), ['1 kB', '2 kB', '2.3 MB']);
  });

  test('what would not be seen, or turns the text around it, is shown as a sign', () => {
    assert.equal(visible('a\u202eb\u0000\t\u200bc\ud800'), 'a[202E]b␀␉[200B]c[D800]');
    assert.equal(visible('naïve – 日本語 👩'), 'naïve – 日本語 👩');
  });
});
