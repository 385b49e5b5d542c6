import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { laneAt, placeOf, type Row, rowAt, TrackList } from '#src/view/page/tracks/track-list.js';
import type { TrackFacts } from '#src/view/wire/questions.js';

const NONE = { note: '', count: 1, series: [], lowest: 0, highest: 0 };

/** shop (main, main: samples under it, worker, heap) and bank (main). */
function tracks(): TrackFacts[] {
  const rows: [parent: number, kind: TrackFacts['kind'], name: string, lanes: number][] = [
    [-1, 'process', 'shop', 0],
    [0, 'thread', 'main', 3],
    [1, 'samples', 'samples', 9],
    [0, 'thread', 'worker', 50],
    [0, 'counter', 'heap', 0],
    [-1, 'process', 'bank', 0],
    [5, 'thread', 'main', 1],
  ];
  return rows.map(([parent, kind, name, lanes], track) => ({
    ...NONE,
    ...{ track, parent, kind, name, lanes },
  }));
}

function list(): TrackList {
  const all = new TrackList();
  all.tracks = tracks();
  return all;
}

const names = (rows: readonly Row[]) => rows.map(({ facts, depth }) => `${depth} ${facts.name}`);
const ALL = ['0 shop', '1 main', '2 samples', '1 worker', '1 heap', '0 bank', '1 main'];

describe('the list of tracks', () => {
  test('shows each below its parent, one row after the other', () => {
    const { rows, height } = list().rows();
    assert.deepEqual(names(rows), ALL);
    let bottom = 0;
    for (const row of rows) {
      assert.equal(row.top, bottom);
      bottom += row.height;
      assert.equal(rowAt(rows, row.top)?.facts, row.facts);
      assert.equal(rowAt(rows, bottom - 1)?.facts, row.facts);
    }
    assert.equal(height, bottom);
    assert.equal(rowAt(rows, height), undefined);
  });

  test('a track with many lanes is closed until it is opened, and has a bounded height', () => {
    const all = list();
    const worker = () => all.rows().rows.find(({ facts }) => facts.name === 'worker');
    assert.equal(worker()?.isOpen, false);
    assert.ok((worker()?.height ?? 0) < 80);
    all.toggled.add(all.key(3));
    assert.equal(worker()?.isOpen, true);
    assert.ok((worker()?.height ?? 0) > 800);
  });

  test('what is closed hides what lies under it; to reveal a track opens the way to it', () => {
    const all = list();
    for (const track of [0, 1]) all.toggled.add(all.key(track));
    assert.deepEqual(names(all.rows().rows), ['0 shop', '0 bank', '1 main']);
    all.filter = 'nothing like it';
    all.reveal(2);
    assert.deepEqual(names(all.rows().rows), ALL);
  });

  test('a filter keeps what it names, what that lies under, and what lies under that', () => {
    const all = list();
    all.filter = 'SAMPLES';
    assert.deepEqual(names(all.rows().rows), ['0 shop', '1 main', '2 samples']);
    all.filter = 'bank';
    assert.deepEqual(names(all.rows().rows), ['0 bank', '1 main']);
  });

  test('tracks move among those under the same parent, and not beyond them', () => {
    const all = list();
    all.move(1, 1);
    assert.deepEqual(names(all.rows().rows).slice(0, 4), [
      '0 shop',
      '1 worker',
      '1 main',
      '2 samples',
    ]);
    all.move(1, -9);
    assert.deepEqual(names(all.rows().rows), ALL);
  });

  test('tracks that are pinned leave room for the others, whatever their number and height', () => {
    const all = list();
    for (const track of [1, 3, 4, 6]) all.pinned.add(all.key(track));
    all.toggled.add(all.key(3));
    assert.ok(all.rows().pinnedHeight > 900);
    for (const room of [400, 140, 90, 10]) {
      const { pinned, pinnedHeight } = all.rows(room);
      assert.ok(pinned.length > 0);
      assert.ok(pinnedHeight <= Math.max(room, pinned[0]?.height ?? 0), `${room}: ${pinnedHeight}`);
      let bottom = 0;
      for (const { top, height } of pinned) {
        assert.equal(top, bottom);
        bottom += height;
      }
    }
    // The one with fifty lanes is there, but squeezed.
    assert.ok(all.rows(400).pinned.some(({ facts }) => facts.name === 'worker'));
    assert.ok(all.rows().rows.some(({ facts }) => facts.name === 'worker'));
  });

  test('a track that moves past others keeps those that are not to be seen in their places', () => {
    const all = list();
    all.hidden.add(all.key(3));
    all.move(4, -1);
    all.hidden.clear();
    assert.deepEqual(names(all.rows().rows).slice(1, 5), [
      '1 heap',
      '1 main',
      '2 samples',
      '1 worker',
    ]);
    all.move(4, 9);
    all.filter = 'heap';
    all.move(4, -1);
    assert.equal(all.moved.length, 0);
  });

  test('those that were moved are told, and stand there in another list of them', () => {
    const all = list();
    assert.equal(all.moved.length, 0);
    all.move(1, 1);
    assert.equal(all.moved.length, 2);
    const other = list();
    for (const [key, place] of all.moved) other.places.set(key, place);
    assert.deepEqual(names(other.rows().rows), names(all.rows().rows));
    all.move(1, -1);
    assert.equal(all.moved.length, 0);
  });

  test('of some only some lanes are left, which close up, until another one is to be seen', () => {
    const all = list();
    all.only = new Map([
      [2, [4, 7]],
      [3, [40]],
    ]);
    const { rows } = all.rows();
    assert.deepEqual(names(rows), ['0 shop', '1 main', '2 samples', '1 worker']);
    const [, main, samples, worker] = rows as [Row, Row, Row, Row];
    // It is there for what lies under it, and has nothing itself.
    assert.deepEqual(main.lanes, []);
    assert.deepEqual(
      [laneAt(samples, 1), placeOf(samples, 7), placeOf(samples, 5)],
      [7, 1, undefined],
    );
    // One of its fifty: there is room for it.
    assert.deepEqual([worker.isOpen, worker.height], [true, main.height]);
    all.reveal(2, 7);
    assert.notEqual(all.only, undefined);
    all.reveal(2, 5);
    assert.deepEqual(names(all.rows().rows), ALL);
  });

  test('hidden ones are gone, pinned ones stand above all, in the order of the list', () => {
    const all = list();
    all.hidden.add(all.key(1));
    for (const track of [6, 4]) all.pinned.add(all.key(track));
    const { rows, pinned, pinnedHeight } = all.rows();
    assert.deepEqual(names(rows), ['0 shop', '1 worker', '1 heap', '0 bank', '1 main']);
    assert.deepEqual(names(pinned), ['0 heap', '0 main']);
    assert.equal(
      pinnedHeight,
      pinned.reduce((sum, { height }) => sum + height, 0),
    );
  });

  test('keys are one for each track, and the same when the trace has grown', () => {
    const all = list();
    const keys = tracks().map(({ track }) => all.key(track));
    assert.equal(new Set(keys).size, keys.length);
    const grown = new TrackList();
    const before = { ...NONE, track: 7, parent: -1, name: 'new', lanes: 1 } as const;
    grown.tracks = [{ ...before, kind: 'instants' }, ...tracks()];
    assert.deepEqual(
      tracks().map(({ track }) => grown.key(track)),
      keys,
    );
  });
});
