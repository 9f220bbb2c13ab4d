import { join } from 'node:path';
import { freePort, launch, PASSWORD, type Peer, USER } from './peer.ts';

/** Xandikos' own HTTP server, one process of Python; a Git repository a calendar. It knows no passwords: nobody is checked. */
export const xandikos: Peer = {
  name: 'xandikos',
  packages: ['xandikos'],
  async start(dir) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const principal = ['--defaults', '--current-user-principal', `/${USER}/`];
    const listen = ['--listen-address', '127.0.0.1', '--port', String(port)];
    const args = ['--directory', join(dir, 'collections'), ...principal, ...listen];
    const { pid, stop } = await launch({ program: 'xandikos', args, dir, url });
    return { url, user: USER, password: PASSWORD, home: `/${USER}/calendars/`, pids: [pid], stop };
  },
};
