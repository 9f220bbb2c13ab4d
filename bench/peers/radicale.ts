import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, launch, PASSWORD, type Peer, USER } from './peer.ts';

/** Passwords as plain text: any hash would be most of what a request costs. All else as it is by default. */
const configuration = (dir: string, port: number): string => `[server]
hosts = 127.0.0.1:${port}
[auth]
type = htpasswd
htpasswd_filename = ${join(dir, 'users')}
htpasswd_encryption = plain
[storage]
filesystem_folder = ${join(dir, 'collections')}
[logging]
level = warning
[web]
type = none
`;

/** Radicale's own HTTP server, one process of Python; files in a folder. */
export const radicale: Peer = {
  name: 'radicale',
  packages: ['radicale'],
  async start(dir) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    writeFileSync(join(dir, 'users'), `${USER}:${PASSWORD}\n`);
    writeFileSync(join(dir, 'config'), configuration(dir, port));
    const { pid, stop } = await launch({ program: 'radicale', args: ['--config', join(dir, 'config')], dir, url });
    return { url, user: USER, password: PASSWORD, home: `/${USER}/`, pids: [pid], stop };
  },
};
