import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort, isRoot, launch, PASSWORD, type Peer, runToEnd, USER } from './peer.ts';

const PROGRAMS = '/usr/lib/cyrus/bin';
/** As Debian's package runs it; it does not run as root. */
const [OWNER, GROUP] = ['cyrus', 'mail'];

interface Ports {
  readonly http: number;
  readonly imap: number;
}

/** Debian's file, with all folders in `dir`, passwords in a file of SASL's, and mailboxes made for who logs in. */
const settings = (dir: string): string => `configdirectory: ${dir}/conf
defaultpartition: default
partition-default: ${dir}/mail
proc_path: ${dir}/proc
mboxname_lockpath: ${dir}/lock
lmtpsocket: ${dir}/socket/lmtp
idlesocket: ${dir}/socket/idle
notifysocket: ${dir}/socket/notify
cyrus_user: ${isRoot ? OWNER : userInfo().username}
servername: localhost
unixhierarchysep: yes
hashimapspool: true
allowplaintext: yes
autocreate_quota: 0
httpmodules: caldav
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: ${dir}/sasldb
sasl_mech_list: PLAIN LOGIN
`;

const services = (dir: string, { http, imap }: Ports): string => `START {
  recover cmd="${PROGRAMS}/ctl_cyrusdb -C ${dir}/imapd.conf -r"
}
SERVICES {
  imap cmd="imapd -C ${dir}/imapd.conf -U 30" listen="127.0.0.1:${imap}" prefork=0 maxchild=100
  http cmd="httpd -C ${dir}/imapd.conf -U 30" listen="127.0.0.1:${http}" prefork=0 maxchild=100
}
EVENTS {
}
`;

const FOLDERS = ['conf', 'conf/db', 'conf/socket', 'mail', 'proc', 'lock', 'socket'];

function prepare(dir: string, ports: Ports): void {
  for (const folder of FOLDERS) mkdirSync(join(dir, folder));
  writeFileSync(join(dir, 'imapd.conf'), settings(dir));
  writeFileSync(join(dir, 'cyrus.conf'), services(dir, ports));
  const passwordFile = ['-f', join(dir, 'sasldb')];
  runToEnd('/usr/sbin/saslpasswd2', ['-p', '-c', ...passwordFile, '-u', 'localhost', USER], {}, PASSWORD);
  if (isRoot) runToEnd('chown', ['-R', `${OWNER}:${GROUP}`, dir]);
  chmodSync(dir, 0o755);
}

/** The user's first login makes the mailbox that calendars hang below. */
async function login(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(10_000, () => socket.destroy(new Error('IMAP does not answer')));
  socket.write(`a LOGIN ${USER} ${PASSWORD}\r\nb LOGOUT\r\n`);
  const said = await text(socket);
  if (!/^a OK/m.test(said)) throw new Error(`IMAP login: ${said.slice(0, 500)}`);
}

/** Cyrus' master with its HTTP server, a process for each connection; mailboxes of files with SQLite beside them. */
export const cyrus: Peer = {
  name: 'cyrus',
  packages: ['cyrus-caldav', 'cyrus-imapd', 'sasl2-bin'],
  async start(dir) {
    const ports = { http: await freePort(), imap: await freePort() };
    const url = `http://127.0.0.1:${ports.http}/`;
    prepare(dir, ports);
    const args = ['-D', '-C', join(dir, 'imapd.conf'), '-M', join(dir, 'cyrus.conf'), '-p', join(dir, 'pid')];
    const { pid, stop } = await launch({ program: join(PROGRAMS, 'master'), args, dir, url });
    await login(ports.imap);
    return { url, user: USER, password: PASSWORD, home: `/dav/calendars/user/${USER}/`, pids: [pid], stop };
  },
};
