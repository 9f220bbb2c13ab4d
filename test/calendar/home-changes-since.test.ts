import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { createHub } from '../../src/base/hub.ts';
import { asPrincipalId } from '../../src/base/ids.ts';
import { defaultLimits } from '../../src/base/limits.ts';
import type { CalendarContext } from '../../src/calendar/context.ts';
import { homeOf } from '../../src/calendar/collections.ts';
import { ensureHome } from '../../src/calendar/create-home.ts';
import { homeChangesSince } from '../../src/calendar/home-changes-since.ts';
import { removePrincipal } from '../../src/calendar/remove-principal.ts';
import { savePrincipal } from '../../src/store/principals.ts';
import { openStore } from '../../src/store/store.ts';
import { SETTINGS, SILENT_LOG, START } from '../dav-server.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kalends-home-changes-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a process that opens this database would answer from. */
async function open(file: string): Promise<CalendarContext> {
  const clock = () => START;
  return {
    store: await openStore({ sqlite: join(folder, file) }, { clock, log: SILENT_LOG }),
    clock,
    hub: createHub(),
    limits: defaultLimits(),
    settings: SETTINGS,
  };
}

const makeHome = ({ store }: CalendarContext, ...uris: readonly string[]) =>
  store.write(async (tx) => {
    const { principal } = await savePrincipal(tx, { id: asPrincipalId('alice'), kind: 'user' }, START);
    await ensureHome(
      tx,
      principal,
      uris.map((uri) => ({ uri, name: uri })),
      START,
    );
  });

async function sync(context: CalendarContext, token?: string, limit?: number) {
  const home = await homeOf(context, 'alice');
  return homeChangesSince(context, home, { token, limit, level: 'infinite' });
}

test('a token, also one from the middle of a list, outlives a restart', async () => {
  const before = await open('restart.db');
  await makeHome(before, 'calendar');
  const [whole, page] = [await sync(before), await sync(before, undefined, 2)];
  await before.store.close();
  const after = await open('restart.db');
  await makeHome(after, 'calendar', 'new');
  expect((await sync(after, whole.token)).changed.map(({ collection }) => collection.uri)).toEqual(['new']);
  const rest = await sync(after, page.token);
  expect(page.changed.length + rest.changed.length).toBe(whole.changed.length + 1);
  await after.store.close();
});

test('a token is not believed by a restored copy, nor one of the copy by the original', async () => {
  const original = await open('original.db');
  await makeHome(original, 'calendar');
  const token = (await sync(original)).token;
  await original.store.backup(join(folder, 'copy.db'));
  const copy = await open('copy.db');
  await expect(sync(copy, token)).rejects.toMatchObject({ code: 'valid-sync-token' });
  const other = (await sync(copy)).token;
  await expect(sync(original, other)).rejects.toMatchObject({ code: 'valid-sync-token' });
  expect((await sync(original, token)).changed).toEqual([]);
  await copy.store.close();
  await original.store.close();
});

test('a token of a home that was removed with its owner is not one of the home that comes after', async () => {
  const context = await open('owner.db');
  await makeHome(context, 'calendar');
  const { token } = await sync(context);
  await removePrincipal(context, { id: asPrincipalId('alice') });
  await makeHome(context, 'calendar');
  await expect(sync(context, token)).rejects.toMatchObject({ code: 'valid-sync-token' });
  await context.store.close();
});
