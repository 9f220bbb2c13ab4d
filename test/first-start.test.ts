import { afterAll, expect, test } from 'vitest';
import { createPasswords } from '../src/auth/passwords.ts';
import { createLog } from '../src/base/log.ts';
import { loadConfig } from '../src/config.ts';
import { ensureAdministrator } from '../src/first-start.ts';
import { defaultCalendars, openContext } from '../src/open-context.ts';
import { credentialsByLogin } from '../src/store/principals.ts';
import { runCli, temporaryFolder } from './commands/run-cli.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

test('of processes that start together one makes the administrator, and the password that it tells is the one', async () => {
  const config = loadConfig({ flags: { data: folder.path('together') } });
  const log = createLog('silent');
  const contexts = await Promise.all([1, 2, 3].map(() => openContext(config, { log })));
  const made = await Promise.all(contexts.map((context) => ensureAdministrator(context, defaultCalendars(config))));
  const [told, ...others] = made.filter((one) => one !== undefined);
  expect(others).toEqual([]);
  const [first] = contexts;
  const stored = first && (await credentialsByLogin(first.store.db, 'admin'));
  expect(await createPasswords({ concurrent: 1 }).verify(stored?.passwordHash ?? '', told?.password ?? '')).toBe(true);
  for (const { store } of contexts) await store.close();
});

test('of two who add the same person one is told that it is there, and the password of the other counts', async () => {
  const data = ['--data', folder.path('added')];
  await runCli(['user', 'add', 'first', ...data], { stdin: 'pw' });
  const added = await Promise.all(['one', 'two'].map((stdin) => runCli(['user', 'add', 'alice', ...data], { stdin })));
  expect(added.map(({ code }) => code).sort()).toEqual([0, 1]);
  expect(added.find(({ code }) => code === 1)?.stderr).toBe('kalends: there is a user "alice" already\n');
});
