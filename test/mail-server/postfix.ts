import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { freePorts } from './free-port.ts';
import { until } from './until.ts';

export interface Postfix {
  readonly port: number;
  log(): string;
  stop(): Promise<void>;
}

export interface PostfixOptions {
  readonly folder: string;
  /** Lines of main.cf beside those that every one here has. */
  readonly main: string;
  /** Lines of master.cf, likewise. */
  readonly master: string;
  /** Tables that these name, by the file name. */
  readonly tables: Readonly<Record<string, string>>;
}

/** Postfix with a configuration, a queue and a log of its own below a folder: SMTP on a free port of the loopback. */
export async function startPostfix({ folder, main, master, tables }: PostfixOptions): Promise<Postfix> {
  const [port = 0] = await freePorts(1);
  const [etc, queue, data] = ['etc', 'queue', 'data'].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [folder, etc, queue, data]) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o755);
  }
  execFileSync('chown', ['postfix', data]);
  const log = join(folder, 'log');
  for (const [name, text] of Object.entries(tables)) writeFileSync(join(etc, name), text);
  writeFileSync(join(etc, 'main.cf'), `${mainOf({ queue, data, log, folder })}${main}`);
  writeFileSync(join(etc, 'master.cf'), `${masterOf(port)}${master}`);
  const child = spawn('postfix', ['-c', etc, 'start-fg'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const abandon = (): void => void spawnSync('postfix', ['-c', etc, 'stop'], { stdio: 'ignore' });
  // Before its folder is removed.
  process.prependOnceListener('exit', abandon);
  const ended = once(child, 'exit');
  const started: Postfix = {
    port,
    log: () => said + (existsSync(log) ? readFileSync(log, 'utf8') : ''),
    async stop() {
      process.off('exit', abandon);
      spawnSync('postfix', ['-c', etc, 'stop'], { stdio: 'ignore' });
      await ended;
    },
  };
  try {
    await until('Postfix to answer', () => greets(port));
  } catch (cause) {
    const told = started.log();
    await started.stop();
    throw new Error(`Postfix does not start:\n${told}`, { cause });
  }
  return started;
}

function greets(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(2000, () => socket.destroy());
    socket.once('data', () => {
      socket.end('QUIT\r\n');
      resolve(true);
    });
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
  });
}

interface Paths {
  readonly queue: string;
  readonly data: string;
  readonly log: string;
  readonly folder: string;
}

/** What this Postfix needs to be one beside others, and to reach nobody but those of the test. */
const mainOf = ({ queue, data, log, folder }: Paths): string => `
compatibility_level = 3.6
queue_directory = ${queue}
data_directory = ${data}
maillog_file = ${log}
maillog_file_prefixes = ${folder}
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
myhostname = mx.guests.example
mydestination =
alias_maps =
alias_database =
smtp_dns_support_level = disabled
disable_dns_lookups = yes
smtputf8_enable = no
default_transport = error:5.4.4 the test reaches nobody else
relay_transport = error:5.4.4 the test reaches nobody else
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 4s
bounce_queue_lifetime = 60s
in_flow_delay = 0
`;

const masterOf = (port: number): string => `
127.0.0.1:${port} inet  n       -       n       -       -       smtpd
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
lmtp      unix  -       -       n       -       -       lmtp
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
pickup    unix  n       -       n       60      1       pickup
postlog   unix-dgram n  -       n       -       1       postlogd
`;
