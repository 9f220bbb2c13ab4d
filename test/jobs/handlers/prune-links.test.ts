import { afterAll, beforeAll, expect, test } from 'vitest';

import { asPrincipalId } from '../../../src/base/ids.ts';
import { DAY } from '../../../src/base/clock.ts';
import { collectionAt } from '../../../src/calendar/collections.ts';
import type { AskedScope } from '../../../src/calendar/link-scope.ts';
import { countUse, createLink, listLinks, type Link } from '../../../src/calendar/links.ts';
import { pruneLinks } from '../../../src/jobs/handlers/prune-links.ts';
import { SILENT_LOG, startDavServer, type DavServer } from '../../dav-server.ts';
import { NO_NETWORK } from '../no-network.ts';

const ALICE = { id: asPrincipalId('alice'), admin: false, adminReadOnly: false, deviceId: undefined };

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ limits: { linksPerHome: 4 } });
});
afterAll(() => server.close());

async function make(scope: AskedScope): Promise<Link> {
  const collection = await collectionAt(server.context, 'alice', 'calendar');
  if (collection === undefined) throw new Error('there is no calendar');
  return (await createLink(server.context, { actor: ALICE, collection, scope })).link;
}
const names = async () => (await listLinks(server.context, ALICE, 'alice')).map(({ name }) => name).toSorted();
const prune = () =>
  pruneLinks.run(
    { calendar: server.context, log: SILENT_LOG, retention: DAY, ...NO_NETWORK },
    new AbortController().signal,
  );

test('links that ended are told for thirty days, and give way sooner where there is no room', async () => {
  const { now } = server.time;
  await make({ name: 'open' });
  await make({ name: 'unused', mostUses: 1 });
  await make({ name: 'expired', expiresAt: now + DAY });
  expect(await countUse(server.context, await make({ name: 'used', mostUses: 1 }))).toBe(true);
  server.time.now += 30 * DAY - 1;
  await prune();
  expect(await names()).toEqual(['expired', 'open', 'unused', 'used']);
  server.time.now += 1;
  await prune();
  expect(await names()).toEqual(['expired', 'open', 'unused']);
  await make({ name: 'fourth' });
  await make({ name: 'in its place' });
  expect(await names()).toEqual(['fourth', 'in its place', 'open', 'unused']);
  await expect(make({ name: 'fifth' })).rejects.toMatchObject({ code: 'quota-not-exceeded' });
});
