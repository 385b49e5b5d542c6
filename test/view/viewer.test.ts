import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { HttpClient } from '#src/view/page/clients/http-client.js';
import { type Answering, serveViewer, type ViewerServer } from '#src/view/server/viewer.js';
import { decodePicture } from '#src/view/wire/picture-bytes.js';
import { temporaryFolder } from '../cli/run-cli.js';
import { X } from '../reader/read.js';
import { load } from './model/load-events.js';
import { type Answer, send } from './send.js';

const file = temporaryFolder();
const folder = file('page');
mkdirSync(folder);
file('page/page.js', 'the page');
file('page/page.css', 'the style');
file('page/open-view.js', 'the opener');
const page = pathToFileURL(`${folder}/`);

/** A trace of one slice. */
async function oneSlice(): Promise<Answering> {
  const { model } = await load([X('a', 0, 1)]);
  return { instead: undefined, answer: (question) => model.answer(question) };
}

interface Place {
  readonly port: number;
  readonly path: string;
  ask(question: unknown, headers?: Record<string, string>): Promise<Answer>;
}

async function withViewer(
  use: (place: Place, server: ViewerServer) => Promise<void>,
  answering?: Answering,
): Promise<void> {
  const name = '</title><script>alert(1)</script>.json';
  const server = await serveViewer({ name, answering: answering ?? (await oneSlice()), page });
  const { port: text, pathname: path } = new URL(server.address);
  const port = Number(text);
  const ask = (question: unknown, headers: Record<string, string> = {}) =>
    send(port, `${path}ask`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof question === 'string' ? question : JSON.stringify(question),
    });
  try {
    await use({ port, path, ask }, server);
  } finally {
    await server.close();
  }
}

describe('the viewer', () => {
  test('serves its page, with nothing of the name of the file as markup', () =>
    withViewer(async ({ port, path }) => {
      const { status, body, headers } = await send(port, path);
      assert.equal(status, 200);
      assert.match(body, /<title>&lt;/);
      assert.doesNotMatch(body, /<script>/);
      assert.match(
        String(headers['content-security-policy']),
        /default-src 'none'; script-src 'self'/,
      );
      assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/);
      assert.equal((await send(port, `${path}page.js`)).body, 'the page');
      assert.equal(
        (await send(port, `${path}page.css`)).headers['content-type'],
        'text/css; charset=utf-8',
      );
    }));

  test('lets the page of another view say that it is one', () =>
    withViewer(async ({ port }) => {
      const old = new HttpClient(new URL(`http://127.0.0.1:${port}/of-another/ask`), () => {});
      await assert.rejects(old.ask({ ask: 'trace' }), {
        code: 'TRACELANE_CANNOT_READ',
        message: /^This page is of another tracelane view .* Open the address/,
      });
    }));

  test('lets nobody else have any of it', () =>
    withViewer(async ({ port, path, ask }) => {
      for (const answer of [
        await send(port, path),
        await ask({ ask: 'trace' }),
        await send(port, '/'),
      ]) {
        const { headers } = answer;
        assert.equal(headers['access-control-allow-origin'], undefined);
        assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
        assert.equal(headers['referrer-policy'], 'no-referrer');
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.equal(headers['cache-control'], 'no-store');
      }
    }));

  test('has nothing at other paths', () =>
    withViewer(async ({ port, path }) => {
      const paths = [
        '/',
        '/ask',
        '/page.js',
        `${path}x`,
        `${path}../${path.slice(1)}`,
        `${path}%2e%2e/`,
      ];
      for (const other of [...paths, '//etc/passwd', `${path}page.js/`, path.slice(0, -1)]) {
        assert.equal((await send(port, other)).status, 404, other);
      }
    }));

  test('answers to names of this machine, and to pages of its own', () =>
    withViewer(async ({ port, ask }) => {
      const status = async (headers: Record<string, string>) =>
        (await ask({ ask: 'trace' }, headers)).status;
      assert.equal(await status({ origin: `http://127.0.0.1:${port}` }), 200);
      assert.equal(await status({ host: `localhost:${port}` }), 200);
      for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1:1']) {
        assert.equal(await status({ host }), 403, host);
      }
      for (const origin of ['https://evil.example', 'https://ui.perfetto.dev', 'null']) {
        assert.equal(await status({ origin }), 403, origin);
      }
    }));

  test('takes questions by POST, as JSON, and no long ones', () =>
    withViewer(async ({ port, path, ask }) => {
      assert.equal((await send(port, `${path}ask`)).status, 405);
      for (const method of ['PUT', 'DELETE', 'OPTIONS']) {
        assert.equal((await send(port, path, { method })).status, 405, method);
      }
      assert.equal((await ask({ ask: 'trace' }, { 'content-type': 'text/plain' })).status, 415);
      for (const question of ['{', '{}', '"trace"', `${' '.repeat(3_000_000)}{"ask":"trace"}`]) {
        const { status, body } = await ask(question);
        assert.equal(status, 400);
        assert.equal(JSON.parse(body).failure.code, 'TRACELANE_BAD_QUESTION');
      }
      const { status, body } = await ask({ ask: 'slice', slice: 7 });
      assert.equal(status, 400);
      assert.match(JSON.parse(body).failure.message, /There is no slice 7/);
    }));

  test('answers with JSON, and with bytes what is to be drawn', () =>
    withViewer(async ({ ask }) => {
      const { body, headers } = await ask({ ask: 'trace' });
      assert.equal(headers['content-type'], 'application/json; charset=utf-8');
      assert.equal(JSON.parse(body).events, 1);
      const draw = { ask: 'draw', from: 0, to: 1000, pixels: 10, tracks: [0] };
      const drawn = await ask(draw);
      assert.equal(drawn.headers['content-type'], 'application/octet-stream');
      assert.deepEqual(decodePicture(drawn.bytes).slices[0]?.ends, Float64Array.of(1000));
      assert.equal((await ask({ ask: 'step', slice: 0, by: 'lane', forward: true })).body, 'null');
    }));

  test('packs what is large, for those who can unpack it', () =>
    withViewer(
      async ({ ask }) => {
        const plain = await ask({ ask: 'requests' });
        assert.equal(plain.headers['content-encoding'], undefined);
        const packed = await ask({ ask: 'requests' }, { 'accept-encoding': 'gzip, br' });
        assert.equal(packed.headers['content-encoding'], 'gzip');
        assert.equal(gunzipSync(packed.bytes).toString(), plain.body);
      },
      {
        instead: undefined,
        answer: async () =>
          ({ routes: Array.from({ length: 1000 }, () => ({ name: 'x' })) }) as never,
      },
    ));

  test('says how far reading has come, and why there is nothing to read', async () => {
    const answering = { instead: { loading: { read: 1, size: 2 } } } as never as Answering;
    await withViewer(async ({ ask }) => {
      const { status, body } = await ask({ ask: 'trace' });
      assert.deepEqual([status, JSON.parse(body)], [202, { loading: { read: 1, size: 2 } }]);
    }, answering);
    const failure = { code: 'TRACELANE_NOT_A_TRACE', message: 'no' };
    await withViewer(
      async ({ ask }) => {
        const { status, body } = await ask({ ask: 'trace' });
        assert.deepEqual([status, JSON.parse(body)], [422, { failure }]);
      },
      { instead: { failure } } as never as Answering,
    );
  });

  test('that is not whole is refused with a reason', async () => {
    const elsewhere = new URL('nowhere/', page);
    const answering = await oneSlice();
    await assert.rejects(serveViewer({ name: 'x', answering, page: elsewhere }), {
      code: 'TRACELANE_CANNOT_SERVE',
      message: /page is missing: .*ENOENT.*Install tracelane again/,
    });
  });
});
