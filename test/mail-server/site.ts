import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { davClient } from '../dav-client.ts';
import { event } from '../dav-server.ts';
import { ROOT, startServer } from '../live-server.ts';

/** A Kalends of its own with an organizer, as a process. */
export interface Site {
  /** Writes a meeting of the organizer; further lines are added. */
  put(uid: string, guest: string, ...lines: readonly string[]): Promise<void>;
  remove(uid: string): Promise<void>;
  /** The line ATTENDEE of a guest in the organizer's copy, unfolded. */
  attendee(uid: string, guest: string): Promise<string | undefined>;
  /** Runs a verb of its command line. */
  verb(...args: readonly string[]): string;
  output(): string;
  stop(): Promise<void>;
}

export interface SiteOptions {
  readonly folder: string;
  readonly organizer: string;
  /** Key `mail` of the configuration. */
  readonly mail: Readonly<Record<string, unknown>>;
  /** As whom it runs. */
  readonly uid?: number | undefined;
}

const PASSWORD = 'rabbit-hole-42';

/** The configuration file of a site; it can be named before the site starts. */
export const configOf = (folder: string): string => join(folder, 'kalends.json');

export async function startSite({ folder, organizer, mail, uid }: SiteOptions): Promise<Site> {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const config = configOf(folder);
  writeFileSync(config, JSON.stringify({ data, publicUrl: 'https://calendar.example.org', mail }));
  if (uid !== undefined) execFileSync('chown', ['-R', `${uid}:${uid}`, data]);
  const verb = (input: string, ...args: readonly string[]): string => {
    const ids = uid === undefined ? {} : { uid, gid: uid };
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(ROOT, 'bin/kalends.mjs'), ...args, '--config', config],
      { encoding: 'utf8', input, ...ids },
    );
    if (status !== 0) throw new Error(`kalends ${args.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  };
  verb(`${PASSWORD}\n`, 'user', 'add', 'anna', '--name', 'Anna', '--email', organizer, '--password-stdin');
  const server = await startServer({ dataDir: data, config, args: ['--log-level', 'warn'], uid });
  const client = davClient({ url: server.url, user: 'anna', password: PASSWORD });
  const path = (name: string): string => `/dav/calendars/anna/calendar/${name}.ics`;
  const ask = async (method: string, name: string, body?: string): Promise<string> => {
    const headers = body === undefined ? {} : { 'content-type': 'text/calendar; charset=utf-8' };
    const answer = await client.request(method, path(name), { headers, ...(body !== undefined && { body }) });
    if (answer.status >= 300) throw new Error(`${method} was answered ${answer.status}: ${answer.body.toString()}`);
    return answer.body.toString().replace(/\r\n[ \t]/g, '');
  };
  return {
    async put(name, guest, ...lines) {
      const people = [
        `ORGANIZER;CN=Anna:mailto:${organizer}`,
        `ATTENDEE;PARTSTAT=ACCEPTED:mailto:${organizer}`,
        `ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:${guest}`,
      ];
      await ask('PUT', name, event(name, ...people, ...lines));
    },
    remove: async (name) => void (await ask('DELETE', name)),
    async attendee(name, guest) {
      const lines = (await ask('GET', name)).split('\r\n');
      return lines.find((line) => line.startsWith('ATTENDEE') && line.endsWith(`mailto:${guest}`));
    },
    verb: (...args) => verb('', ...args),
    output: server.output,
    async stop() {
      client.close();
      await server.stop();
    },
  };
}
