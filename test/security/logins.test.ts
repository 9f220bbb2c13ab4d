import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeFileSync } from 'node:fs';
import { propfind, type DavClient } from '../dav-client.ts';
import { runCli, temporaryFolder } from '../commands/run-cli.ts';
import { startRunning, type RunningServer } from '../commands/running-server.ts';

const folder = temporaryFolder();
let server: RunningServer;
const COMPOSED = 'jos\u00e9';
const DECOMPOSED = 'jose\u0301';

beforeAll(async () => {
  const users = [
    { id: 'alice', name: 'Alice', emails: ['Alice.Ames@Example.com'], password: 'pw-alice' },
    { id: 'a.*', name: 'Pattern', emails: [], password: 'pw-pattern' },
    { id: COMPOSED, name: 'José', emails: [], password: 'pw-jose' },
  ];
  const file = folder.path('people.json');
  writeFileSync(file, JSON.stringify({ users }));
  expect(await runCli(['provision', file, '--data', folder.path('data')])).toMatchObject({ code: 0 });
  server = await startRunning({ data: folder.path('data') });
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

async function principalOf(client: DavClient): Promise<string | undefined> {
  const answer = await client.request('PROPFIND', '/dav/', propfind('0', ['current-user-principal']));
  if (answer.status !== 207) return undefined;
  return /<D:current-user-principal><D:href>([^<]*)</.exec(answer.body.toString())?.[1];
}

describe('security 4: a log-in name is nothing but a name', () => {
  test.each([
    ['alice', '/dav/principals/users/alice/'],
    ['ALICE', '/dav/principals/users/alice/'],
    ['alice.ames@example.com', '/dav/principals/users/alice/'],
  ])('%s is found without regard to case', async (login, principal) => {
    expect(await principalOf(server.as(login, 'pw-alice'))).toBe(principal);
  });

  test('the two ways to compose a letter are one', async () => {
    const [one, other] = await Promise.all(
      [COMPOSED, DECOMPOSED].map((login) => principalOf(server.as(login, 'pw-jose'))),
    );
    expect(one).toBe('/dav/principals/users/jos%C3%A9/');
    expect(other).toBe(one);
  });

  test.each([
    '.*',
    'a%',
    'alic_',
    'alice/',
    '../users/alice',
    'alice%2f',
    'alice%5c',
    'alice\0',
    "alice' or '1'='1",
    '',
  ])('%j is not alice', async (login) => {
    expect(await principalOf(server.as(login, 'pw-alice'))).toBeUndefined();
  });

  test('a name that is a pattern is that name', async () => {
    expect(await principalOf(server.as('a.*', 'pw-pattern'))).toBe('/dav/principals/users/a.*/');
    expect(await principalOf(server.as('a.*', 'pw-alice'))).toBeUndefined();
  });
});
