import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { Refusal } from '../../../src/base/refusal.ts';
import { dav } from '../../../src/dav/xml/names.ts';
import { multistatus, multistatusBody, multistatusText } from '../../../src/dav/xml/multistatus.ts';
import type { DavResponse } from '../../../src/dav/xml/multistatus.ts';
import { childOf, childText, parseXml } from '../../../src/dav/xml/parse.ts';
import { el, text } from '../../../src/dav/xml/write.ts';

const LIMITS = { octets: 50_000_000, depth: 64, elements: 1_000_000 };
/** As a socket does that nobody reads from. */
const BUFFERED = { objectMode: false, highWaterMark: 64 * 1024 } as const;
const parse = (xml: string) => parseXml(Buffer.from(xml), LIMITS);

const response = (i: number): DavResponse => ({
  href: `/dav/calendars/alice/work/${i}.ics`,
  propstats: [{ status: 200, props: [el(dav('getetag'), text(`"${i}"`))] }],
});

async function collect(pieces: AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(pieces)).join('');
}

describe('a response', () => {
  test('has a propstat for each status, with the phrase of HTTP', () => {
    const xml = multistatusText([
      {
        href: '/a?b&c',
        propstats: [
          { status: 200, props: [el(dav('getetag'), text('"1"'))] },
          { status: 403, props: [el(dav('owner'))], error: el(dav('cannot-modify-protected-property')) },
        ],
      },
    ]);
    const [only] = parse(xml).children;
    expect(childText(only!, dav('href'))).toBe('/a?b&c');
    const propstats = only!.children.filter(({ name }) => name === dav('propstat'));
    expect(propstats.map((propstat) => childText(propstat, dav('status')))).toEqual([
      'HTTP/1.1 200 OK',
      'HTTP/1.1 403 Forbidden',
    ]);
    expect(childOf(propstats[1]!, dav('error'))?.children[0]?.name).toBe(dav('cannot-modify-protected-property'));
  });

  test('with nothing left to say still has a propstat (RFC 8144 §2.1)', () => {
    const [only] = parse(multistatusText([{ href: '/a', propstats: [] }])).children;
    expect(childText(childOf(only!, dav('propstat'))!, dav('status'))).toBe('HTTP/1.1 200 OK');
  });

  test('of a whole resource has a status, and the error and words where they are given', () => {
    const error = el(dav('number-of-matches-within-limits'));
    const xml = multistatusText([{ href: '/a/', status: 507, error, description: 'more & more' }]);
    const [only] = parse(xml).children;
    expect(only!.children.map(({ name }) => name)).toEqual([
      dav('href'),
      dav('status'),
      dav('error'),
      dav('responsedescription'),
    ]);
    expect(childText(only!, dav('status'))).toBe('HTTP/1.1 507 Insufficient Storage');
  });
});

describe('a multistatus', () => {
  test('without responses is well-formed', async () => {
    expect(parse(multistatusText([])).children).toEqual([]);
    expect(await multistatusBody([])).toBe(multistatusText([]));
  });

  test('has its tail after the responses, and asks for it only then', async () => {
    let written = 0;
    function* responses(): Generator<DavResponse> {
      for (; written < 3; written += 1) yield response(written);
    }
    const xml = await collect(multistatus(responses(), () => el(dav('sync-token'), text(`token-${written}`))));
    const root = parse(xml);
    expect(root.children.map(({ name }) => name).at(-1)).toBe(dav('sync-token'));
    expect(childText(root, dav('sync-token'))).toBe('token-3');
  });

  test.each(['an array', 'a generator that waits'])('comes out whole from %s', async (source) => {
    const list = Array.from({ length: 5000 }, (_, i) => response(i));
    const pieces = await Array.fromAsync(multistatus(source === 'an array' ? list : Readable.from(list)));
    expect(pieces.length).toBeGreaterThan(5);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(80_000);
    expect(parse(pieces.join('')).children.map((child) => childText(child, dav('href')))).toEqual(
      list.map(({ href }) => href),
    );
  });

  test('that is small is a string, one that is large comes in pieces', async () => {
    expect(await multistatusBody([response(1)])).toBe(multistatusText([response(1)]));
    const list = Array.from({ length: 2000 }, (_, i) => response(i));
    const pieces = await Array.fromAsync((await multistatusBody(list)) as AsyncIterable<string>);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe(multistatusText(list));
  });

  test('whose first piece fails fails before there is an answer', async () => {
    function* responses(): Generator<DavResponse> {
      yield response(1);
      throw new Refusal('number-of-matches-within-limits', 'too many');
    }
    await expect(multistatusBody(responses())).rejects.toThrow('too many');
  });

  test('whose source fails later breaks the stream off', async () => {
    function* responses(): Generator<DavResponse> {
      for (let i = 0; i < 2000; i += 1) yield response(i);
      throw new Error('the database went away');
    }
    const body = (await multistatusBody(responses())) as AsyncIterable<string>;
    await expect(Array.fromAsync(body)).rejects.toThrow('the database went away');
  });

  test('makes no more than the reader takes, and closes its source when the reader leaves', async () => {
    let made = 0;
    let isClosed = false;
    async function* endless(): AsyncGenerator<DavResponse> {
      try {
        for (;;) {
          yield response(made);
          made += 1;
        }
      } finally {
        isClosed = true;
      }
    }
    const body = Readable.from((await multistatusBody(endless())) as AsyncIterable<string>, BUFFERED);
    const afterFirst = made;
    body.read(1);
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    // The buffer of the stream may ask for one more piece or two, not for a fiftieth.
    expect(made).toBeLessThan(afterFirst * 4);
    body.destroy();
    await once(body, 'close');
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    expect(isClosed).toBe(true);
  });

  test('that nobody begins to read closes its source too', async () => {
    let isClosed = false;
    function* endless(): Generator<DavResponse> {
      try {
        for (let i = 0; ; i += 1) yield response(i);
      } finally {
        isClosed = true;
      }
    }
    const body = Readable.from((await multistatusBody(endless())) as AsyncIterable<string>, BUFFERED);
    body.destroy();
    await once(body, 'close');
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    expect(isClosed).toBe(true);
  });

  test('lets others have their turn between the pieces', async () => {
    let turns = 0;
    let isDone = false;
    const others = (async () => {
      while (!isDone) {
        await nextTurn();
        turns += 1;
      }
    })();
    // Each look at the clock finds that a slice of time is over.
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 100));
    const pieces = await Array.fromAsync(multistatus(Array.from({ length: 10_000 }, (_, i) => response(i))));
    clock.mockRestore();
    isDone = true;
    await others;
    expect(turns).toBeGreaterThanOrEqual(pieces.length - 2);
  });
});
