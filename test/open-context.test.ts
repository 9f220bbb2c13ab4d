import { expect, test } from 'vitest';
import { createLog } from '../src/base/log.ts';
import { loadConfig } from '../src/config.ts';
import { openContext } from '../src/open-context.ts';
import { removeDir, temporaryDir } from './live-server.ts';

/** What push services are told of who sends, under these variables of the environment. */
async function pushUnder(env: Readonly<Record<string, string>>): Promise<unknown> {
  const data = temporaryDir('context');
  const context = await openContext(loadConfig({ flags: { data }, env }), { log: createLog('silent') });
  await context.store.close();
  removeDir(data);
  return context.settings.push;
}

test('push services are told the contact, or else the public address if it is of https', async () => {
  const contact = 'mailto:admin@example.com';
  expect(await pushUnder({ KALENDS_PUSH_CONTACT: contact, KALENDS_PUBLIC_URL: 'https://x.example' })).toEqual({
    contact,
  });
  expect(await pushUnder({ KALENDS_PUBLIC_URL: 'https://x.example' })).toEqual({ contact: 'https://x.example' });
  const nobody = { contact: 'mailto:postmaster@localhost' };
  expect(await pushUnder({ KALENDS_PUBLIC_URL: 'http://x.example' })).toEqual(nobody);
  expect(await pushUnder({})).toEqual(nobody);
});

test('without push there is nothing of it', async () => {
  expect(await pushUnder({ KALENDS_PUSH_ENABLED: 'false' })).toBeUndefined();
});

test.each(['admin@example.com', 'http://example.com', 'mailto:', 'https://'])('%s is no contact', (contact) => {
  expect(() => loadConfig({ env: { KALENDS_PUSH_CONTACT: contact } })).toThrow('push.contact');
});
