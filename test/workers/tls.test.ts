import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { basic, removeDir, temporaryDir } from '../live-server.ts';
import { event, EVENT_PATH, startCrewServer, START_PATIENCE } from './crew.ts';

const folder = temporaryDir('workers-tls');
const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
let server: Awaited<ReturnType<typeof startCrewServer>>;
beforeAll(async () => {
  const subject = ['-subj', '/CN=localhost', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  server = await startCrewServer(2, { args: ['--tls-cert', cert, '--tls-key', key] });
}, START_PATIENCE);
afterAll(async () => {
  await server.kill();
  removeDir(server.dataDir);
  removeDir(folder);
});

async function ask(method: string, path: string, headers: Record<string, string> = {}, body?: string) {
  const sent = request({
    ...{ host: '127.0.0.1', port: server.port, rejectUnauthorized: false, agent: false },
    ...{ method, path, headers: { ...headers, Authorization: basic('alice', 'alice') } },
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return { status: answer.statusCode, text };
}

test('TLS ends in the workers, and who writes knows that it was TLS', async () => {
  expect(server.url).toMatch(/^https:/);
  const body = event('over TLS');
  expect((await ask('PUT', EVENT_PATH, { 'Content-Type': 'text/calendar' }, body)).status).toBe(201);
  const moved = EVENT_PATH.replace('event.ics', 'moved.ics');
  // The Destination is of this server by its scheme, too.
  const Destination = new URL(moved, server.url).href;
  expect((await ask('MOVE', EVENT_PATH, { Destination })).status).toBe(201);
  expect(await ask('GET', moved)).toEqual({ status: 200, text: body });
});
