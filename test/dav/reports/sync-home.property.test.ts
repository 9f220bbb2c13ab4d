import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { collectionsOf } from '../../../src/calendar/collections.ts';
import { listHeads } from '../../../src/calendar/get-objects.ts';
import { pruneTombstones } from '../../../src/store/changes.ts';
import { multistatus } from '../../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../../dav-server.ts';
import { holds } from '../../properties/holds.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
});
afterAll(() => server.close());

const HOME = '/dav/calendars/alice/';

/** Path below the home to entity tag; a collection has none. */
type Mirror = Map<string, string>;

const calendars = fc.constantFrom('a', 'b', 'c');
const NAMES = ['1', '2', '3', 'ü 4'] as const;
const names = fc.constantFrom(...NAMES);
const limit = fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined });

const op = <const Name extends string, More extends object>(
  name: Name,
  more: { [K in keyof More]: fc.Arbitrary<More[K]> },
): fc.Arbitrary<More & { readonly op: Name }> => fc.record(more).map((fields) => ({ ...fields, op: name }));

const operation = fc.oneof(
  { weight: 4, arbitrary: op('put', { at: calendars, name: names }) },
  { weight: 3, arbitrary: op('fill', { at: calendars }) },
  { weight: 3, arbitrary: op('delete', { at: calendars, name: names }) },
  { weight: 2, arbitrary: op('move', { at: calendars, name: names, to: calendars }) },
  { weight: 1, arbitrary: op('copy', { at: calendars, name: names, to: calendars }) },
  { weight: 2, arbitrary: op('make', { at: calendars }) },
  { weight: 1, arbitrary: op('drop', { at: calendars }) },
  { weight: 3, arbitrary: op('remake', { at: calendars }) },
  { weight: 3, arbitrary: op('rename', { at: calendars, to: calendars }) },
  { weight: 1, arbitrary: op('paint', { at: calendars }) },
  { weight: 2, arbitrary: op('forget', { most: fc.constantFrom(2, 1000) }) },
  { weight: 3, arbitrary: op('page', { limit }) },
  { weight: 1, arbitrary: op('follow', { limit }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

const collectionAt = (uri: string): string => `${HOME}${uri}/`;
const objectAt = (uri: string, name: string): string => `${collectionAt(uri)}${encodeURIComponent(name)}.ics`;

let version = 0;

/** What a person or another device does; what cannot be done is refused, and nothing happens. */
async function change(step: Exclude<Operation, { op: 'page' | 'follow' }>): Promise<void> {
  switch (step.op) {
    case 'fill':
      for (const name of NAMES) await change({ op: 'put', at: step.at, name });
      return;
    case 'remake':
      await change({ op: 'drop', at: step.at });
      return change({ op: 'make', at: step.at });
    case 'put': {
      const body = event(step.name, `SUMMARY:${(version += 1)}`);
      return void (await server.request('PUT', objectAt(step.at, step.name), { body, headers: CALENDAR_TYPE }));
    }
    case 'delete':
      return void (await server.request('DELETE', objectAt(step.at, step.name)));
    case 'move':
    case 'copy': {
      const headers = { destination: objectAt(step.to, step.name), overwrite: 'T' };
      return void (await server.request(step.op.toUpperCase(), objectAt(step.at, step.name), { headers }));
    }
    case 'make':
      return void (await server.request('MKCALENDAR', collectionAt(step.at)));
    case 'drop':
      return void (await server.request('DELETE', collectionAt(step.at)));
    case 'rename':
      return void (await server.request('MOVE', collectionAt(step.at), {
        headers: { destination: collectionAt(step.to), overwrite: 'T' },
      }));
    case 'paint': {
      const set = `<D:set><D:prop><D:displayname>${(version += 1)}</D:displayname></D:prop></D:set>`;
      const body = `<D:propertyupdate xmlns:D="DAV:">${set}</D:propertyupdate>`;
      return void (await server.request('PROPPATCH', collectionAt(step.at), { body, headers: XML }));
    }
    case 'forget':
      await server.context.store.write((tx) => pruneTombstones(tx, server.time.now + 1, step.most));
  }
}

async function truth(): Promise<Mirror> {
  const found: Mirror = new Map();
  for (const collection of await collectionsOf(server.context, 'alice')) {
    // Not followed: it holds nothing (RFC 6578 §3.3).
    if (collection.kind === 'freebusy') continue;
    found.set(`${HOME}${collection.uri}/`, '');
    for await (const page of listHeads(server.context, collection)) {
      for (const { name, etag } of page) found.set(`${HOME}${collection.uri}/${name}`, etag);
    }
  }
  return found;
}

/** One who follows a collection of any kind, page by page, and begins again where the token is refused. */
function follower(path: string, level: '1' | 'infinite') {
  const mirror: Mirror = new Map();
  let token = '';
  /** What was told since it was last asked for: paths of collections. */
  const touched = new Set<string>();

  async function page(most: number | undefined): Promise<boolean> {
    const nresults = most === undefined ? '' : `<D:limit><D:nresults>${most}</D:nresults></D:limit>`;
    const body = `<D:sync-collection xmlns:D="DAV:"><D:sync-token>${token}</D:sync-token><D:sync-level>${level}</D:sync-level>${nresults}<D:prop><D:getetag/></D:prop></D:sync-collection>`;
    const answer = await server.request('REPORT', path, { body, headers: XML });
    if (answer.status === 403) {
      expect(answer.body.toString()).toContain('valid-sync-token');
      expect(token).not.toBe('');
      mirror.clear();
      token = '';
      return page(most);
    }
    const { entries, syncToken = '' } = multistatus(answer.body);
    const told = entries.filter(({ status }) => status !== 507);
    expect(new Set(told.map(({ href }) => href)).size, 'a URL is told once in an answer').toBe(told.length);
    if (most !== undefined) expect(told.length).toBeLessThanOrEqual(most);
    for (const { href, status, props } of told) {
      if (status === 403) continue;
      if (href.endsWith('/')) touched.add(href);
      if (status !== 404) mirror.set(href, href.endsWith('/') ? '' : (props.get('getetag') ?? '').replaceAll('"', ''));
      else for (const each of [...mirror.keys()]) if (each === href || isBelow(each, href)) mirror.delete(each);
    }
    token = syncToken;
    return entries.some(({ status }) => status === 507);
  }

  return {
    mirror,
    page,
    async toTheEnd(most: number | undefined): Promise<readonly string[]> {
      while (await page(most));
      const collections = [...touched];
      touched.clear();
      return collections;
    },
  };
}

const isBelow = (path: string, collection: string): boolean => collection.endsWith('/') && path.startsWith(collection);

/** As Apple's clients do it: the home at level 1 says which collections changed, each has a token of its own. */
function byCollection() {
  const home = follower(HOME, '1');
  const collections = new Map<string, ReturnType<typeof follower>>();
  return {
    async sync(most: number | undefined): Promise<Mirror> {
      const changed = await home.toTheEnd(most);
      for (const path of collections.keys()) if (!home.mirror.has(path)) collections.delete(path);
      for (const path of changed) {
        if (!home.mirror.has(path)) continue;
        const collection = collections.get(path) ?? follower(path, '1');
        collections.set(path, collection);
        await collection.toTheEnd(most);
      }
      return new Map([...home.mirror, ...[...collections.values()].flatMap(({ mirror }) => [...mirror])]);
    },
  };
}

test('two devices that follow a home, one at level infinite and one by collection, always have what there is', async () => {
  let compared = 0;
  const property = fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 60 }), async (steps) => {
    for (const at of ['a', 'b', 'c'] as const) await change({ op: 'remake', at });
    const [infinite, apple] = [follower(HOME, 'infinite'), byCollection()];
    for (const step of [...steps, { op: 'page' as const, limit: undefined }, { op: 'follow' as const, limit: 3 }]) {
      // A page may be all that a device has time for: the rest comes after whatever happens next.
      if (step.op === 'page' && (await infinite.page(step.limit))) continue;
      if (step.op === 'page') expect(infinite.mirror).toEqual(await truth());
      else if (step.op === 'follow') expect(await apple.sync(step.limit)).toEqual(await truth());
      else await change(step);
      if (step.op === 'page' || step.op === 'follow') compared += 1;
    }
  });
  const runs = await holds(property, { seed: 6578, numRuns: 120 });
  expect(compared).toBeGreaterThan(runs);
});
