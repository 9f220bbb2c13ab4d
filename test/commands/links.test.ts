import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LiveServer, startServer } from '../live-server.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];
let server: LiveServer;

beforeAll(async () => {
  await runCli(['user', 'add', 'alice', ...data], { stdin: 'secret' });
  server = await startServer({ dataDir: folder.path('data') });
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

const create = (...options: string[]) => runCli(['link', 'create', '--user', 'alice', ...options, ...data]);
const tokenIn = (text: string): string => /\/link\/(\w+)\./.exec(text)![1]!;
const statusOf = async (token: string, headers: Record<string, string> = {}): Promise<number> =>
  (await fetch(`${server.url}link/${token}.ics`, { headers })).status;

test('a link is made beside a running server, listed without its address, and ended at once', async () => {
  const made = await create('--calendar', 'calendar', '--categories', 'term, exam', '--back', '7', '--uses', '9');
  expect(made.code, made.stderr).toBe(0);
  expect(made.stdout).toMatch(/^created link (\w+)\n(\/link\/\w+\.(ics|json|ifb|html)\n){4}$/);
  expect(made.stderr).toContain('publicUrl is not set');
  const token = tokenIn(made.stdout);
  expect(await statusOf(token)).toBe(200);
  const listed = await runCli(['link', 'list', '--user', 'alice', ...data]);
  const [id = ''] = listed.stdout.split(' ');
  expect(listed.stdout).toBe(`${id}  calendar  categories term, exam; days -7 to +…; used 1 of 9 times\n`);
  expect(listed.stdout).not.toContain(token);
  expect(await runCli(['link', 'revoke', id, ...data])).toMatchObject({ code: 0, stdout: `revoked ${id}\n` });
  expect(await statusOf(token)).toBe(404);
  expect(await runCli(['link', 'revoke', id, ...data])).toMatchObject({ code: 1 });
});

test('its address begins with the public URL, and it may have a password and but one form', async () => {
  const options = ['--password', '--formats', 'ics', '--expires', '2099-01-01', '--name', 'Plan', '--busy-only'];
  const { stdout, stderr } = await runCli(['link', 'create', '--user', 'alice', ...options, ...data], {
    stdin: 'sesame\n',
    env: { KALENDS_PUBLIC_URL: 'https://cal.example.org' },
  });
  expect([stdout, stderr]).toEqual([expect.stringMatching(/\nhttps:\/\/cal\.example\.org\/link\/\w+\.ics\n$/), '']);
  const token = tokenIn(stdout);
  expect(await statusOf(token)).toBe(401);
  const authorization = `Basic ${Buffer.from(':sesame').toString('base64')}`;
  expect(await statusOf(token, { authorization })).toBe(200);
  const [line = ''] = (await runCli(['link', 'list', '--user', 'alice', '--json', ...data])).stdout.split('\n');
  expect(JSON.parse(line)).toMatchObject({
    ...{ user: 'alice', calendar: '', by: 'alice', name: 'Plan', password: true, busyOnly: true, formats: ['ics'] },
    expiresAt: '2099-01-01T00:00:00.000Z',
  });
});

test('the free-busy URL wants a log-in, and a link none', async () => {
  const ask = (headers: Record<string, string>) => fetch(`${server.url}freebusy/alice.vfb`, { headers });
  const refused = await ask({});
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
    401,
    'Basic realm="Kalends", charset="UTF-8"',
  ]);
  const answer = await ask({ authorization: `Basic ${Buffer.from('alice:secret').toString('base64')}` });
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('BEGIN:VFREEBUSY')]);
});

test('what cannot be is said, and nothing is made', async () => {
  const list = async () => (await runCli(['link', 'list', '--user', 'alice', ...data])).stdout;
  const before = await list();
  expect(await create('--uses', 'many')).toMatchObject({ code: 2 });
  expect(await create('--formats', 'exe')).toMatchObject({ code: 1, stderr: expect.stringContaining('the formats') });
  expect(await create('--calendar', 'none')).toMatchObject({ code: 1, stderr: expect.stringContaining('no calendar') });
  expect(await list()).toBe(before);
});

test('the token of a link is never in the log of the server', async () => {
  const token = tokenIn((await create()).stdout);
  const other = await startServer({ dataDir: folder.path('data') });
  expect((await fetch(`${other.url}link/${token}.ics`)).status).toBe(200);
  await other.stop();
  expect(other.output()).toContain('"path":"/link"');
  expect(other.output()).not.toContain(token);
});
