import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { Refusal } from '../../src/base/refusal.ts';
import * as deadProperties from '../../src/calendar/dead-properties.ts';
import type { PropRequest } from '../../src/dav/prop-request.ts';
import { property } from '../../src/dav/property.ts';
import { propstatsOf, responsesOf } from '../../src/dav/propstats.ts';
import { responseElement } from '../../src/dav/xml/multistatus.ts';
import { caldav, dav, type ClarkName } from '../../src/dav/xml/names.ts';
import { el } from '../../src/dav/xml/write.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { SILENT_LOG } from '../dav-server.ts';
import { collectionResource, context, folder, names, objectResource } from './sample.ts';

const ALL = { minimal: false };
const MINIMAL = { minimal: true };
const ask = (...asked: readonly ClarkName[]): PropRequest => ({ kind: 'prop', names: asked });

let store: Store;
beforeAll(async () => {
  store = await openStore({ sqlite: ':memory:' }, { clock: Date.now, log: SILENT_LOG });
});
afterAll(() => store.close());

/** Answers for the database: dead properties by resource id. */
function withDead(dead: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  const maps = new Map(Object.entries(dead).map(([id, own]) => [id, new Map(Object.entries(own))]));
  return vi.spyOn(deadProperties, 'deadPropertiesOfMany').mockImplementation(async (_, ids) => {
    return new Map(ids.flatMap((id) => (maps.has(id) ? [[id, maps.get(id)!]] : [])));
  });
}

describe('named properties', () => {
  test('what is there is 200, what is not is 404, both in the order of the request', async () => {
    withDead({});
    const propstats = await propstatsOf(
      objectResource(),
      ask(dav('bogus'), dav('getetag'), caldav('schedule-tag')),
      context(),
      ALL,
    );
    expect(propstats).toEqual([
      { status: 200, props: ['<D:getetag>&quot;abc&quot;</D:getetag>'] },
      { status: 404, props: ['<D:bogus/>', '<C:schedule-tag/>'] },
    ]);
  });

  test('return=minimal leaves out the 404 (RFC 8144 §2.1); nothing found is an empty 200', async () => {
    withDead({});
    expect(await propstatsOf(objectResource(), ask(dav('bogus')), context(), MINIMAL)).toEqual([]);
    const [response] = await responsesOf([objectResource()], ask(dav('bogus')), context(), MINIMAL);
    expect(responseElement(response!)).toContain(
      '<D:propstat><D:prop/><D:status>HTTP/1.1 200 OK</D:status></D:propstat>',
    );
  });

  test('no dead property is looked up where all names are live', async () => {
    const lookUp = withDead({});
    lookUp.mockClear();
    await responsesOf([objectResource()], ask(...names('getetag', 'getcontenttype', 'resourcetype')), context(), ALL);
    expect(lookUp).not.toHaveBeenCalled();
  });

  test('dead properties of a page are looked up at once', async () => {
    const lookUp = withDead({ o2: { '{urn:x}mood': '<X:mood xmlns:X="urn:x">good</X:mood>' } });
    lookUp.mockClear();
    const page = ['o1', 'o2', 'o3'].map((id) => objectResource({ id: id as never }));
    const responses = await responsesOf(page, ask('{urn:x}mood'), context(), ALL);
    expect(lookUp).toHaveBeenCalledTimes(1);
    expect(lookUp.mock.calls[0]![1]).toEqual(['o1', 'o2', 'o3']);
    const statuses = responses.map((response) => ('propstats' in response ? response.propstats[0]!.status : 200));
    expect(statuses).toEqual([404, 200, 404]);
  });

  test('a name that is live elsewhere only can be a dead property here', async () => {
    withDead({
      c1: { [caldav('calendar-description')]: '<C:calendar-description xmlns:C="c">mine</C:calendar-description>' },
    });
    const propstats = await propstatsOf(
      collectionResource('inbox'),
      ask(caldav('calendar-description')),
      context(),
      ALL,
    );
    expect(propstats).toEqual([{ status: 200, props: [expect.stringContaining('mine')] }]);
  });

  test('folders have no dead properties, and are not looked up', async () => {
    const lookUp = withDead({});
    lookUp.mockClear();
    const propstats = await propstatsOf(folder('root'), ask('{urn:x}mood'), context(), ALL);
    expect(propstats).toEqual([{ status: 404, props: ['<mood xmlns="urn:x"/>'] }]);
    expect(lookUp).not.toHaveBeenCalled();
  });
});

describe('computed properties', () => {
  const NAME = caldav('calendar-data');
  const computing = (get: () => ReturnType<typeof el> | Promise<never>): PropRequest => ({
    ...ask(NAME, dav('getetag')),
    computed: [property({ name: NAME, on: ['object'], get })],
  });

  test('go before the registry', async () => {
    const [ok] = await propstatsOf(
      objectResource(),
      computing(() => el(NAME)),
      context(),
      ALL,
    );
    expect(ok!.props.join('')).toBe('<C:calendar-data/><D:getetag>&quot;abc&quot;</D:getetag>');
  });

  test.each([
    [
      'thrown',
      () => {
        throw new Refusal('number-of-matches-within-limits', 'too many');
      },
    ],
    ['rejected', () => Promise.reject(new Refusal('number-of-matches-within-limits', 'too many'))],
  ])('a refusal (%s) is its own propstat and leaves the others', async (_, get) => {
    expect(await propstatsOf(objectResource(), computing(get), context(), ALL)).toEqual([
      { status: 200, props: ['<D:getetag>&quot;abc&quot;</D:getetag>'] },
      { status: 403, props: ['<C:calendar-data/>'], error: '<D:number-of-matches-within-limits/>' },
    ]);
  });

  test('a bug is no answer', async () => {
    const broken = computing(() => {
      throw new TypeError('bug');
    });
    await expect(propstatsOf(objectResource(), broken, context(), ALL)).rejects.toThrow(TypeError);
  });
});

describe('allprop and propname', () => {
  test('allprop has the live properties of RFC 4918, all dead ones, and none of CalDAV (RFC 4791 §5.2)', async () => {
    withDead({ c1: { '{urn:x}mood': '<X:mood xmlns:X="urn:x"/>' } });
    const calendar = collectionResource('calendar', { displayname: 'Work' });
    const [ok, ...rest] = await propstatsOf(calendar, { kind: 'allprop', include: [] }, context({ db: store.db }), ALL);
    expect(rest).toEqual([]);
    const all = ok!.props.join('');
    for (const name of ['resourcetype', 'displayname', 'getetag', 'getlastmodified', 'creationdate', 'supportedlock']) {
      expect(all).toContain(`<D:${name}`);
    }
    expect(all).toContain('mood');
    expect(all).not.toContain('<C:supported-calendar-component-set');
    expect(all).not.toContain('sync-token');
  });

  test('allprop does not miss what is not set; what include names it does', async () => {
    withDead({});
    const include = [dav('sync-token'), dav('bogus')];
    const propstats = await propstatsOf(
      collectionResource('calendar'),
      { kind: 'allprop', include },
      context({ db: store.db }),
      ALL,
    );
    expect(propstats.map(({ status }) => status)).toEqual([200, 404]);
    expect(propstats[0]!.props.join('')).toContain('<D:sync-token>');
    expect(propstats[1]!.props).toEqual(['<D:bogus/>']);
  });

  test('propname gives names without values, of what is there', async () => {
    withDead({ o1: { '{urn:x}mood': '<X:mood xmlns:X="urn:x">good</X:mood>' } });
    const [ok, ...rest] = await propstatsOf(objectResource(), { kind: 'propname' }, context({ db: store.db }), ALL);
    expect(rest).toEqual([]);
    expect(ok!.props).toContain('<D:getetag/>');
    expect(ok!.props).toContain('<mood xmlns="urn:x"/>');
    expect(ok!.props).not.toContain('<C:schedule-tag/>');
    expect(ok!.props.join('')).not.toContain('good');
  });
});
