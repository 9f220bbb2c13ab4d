import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ImapFlow } from 'imapflow';

import { freePorts } from './free-port.ts';
import { blockOf } from './page-blocks.ts';
import { until } from './until.ts';

export interface Dovecot {
  readonly imapPort: number;
  readonly lmtpPort: number;
  readonly password: string;
  log(): string;
  stop(): Promise<void>;
}

const PASSWORD = 'wonderland';

/** Dovecot with mailboxes of its own, in a folder of its own: LMTP and IMAP on the loopback. */
export async function startDovecot(folder: string, users: readonly string[]): Promise<Dovecot> {
  const [imapPort = 0, lmtpPort = 0] = await freePorts(2);
  mkdirSync(join(folder, 'mail'), { recursive: true });
  execFileSync('chown', ['mail:mail', join(folder, 'mail')]);
  const [file, users_, log] = [join(folder, 'dovecot.conf'), join(folder, 'users'), join(folder, 'log')];
  writeFileSync(users_, users.map((user) => `${user}:{PLAIN}${PASSWORD}::::::\n`).join(''), { mode: 0o644 });
  writeFileSync(file, settings({ folder, users: users_, log, imapPort, lmtpPort }));
  const child = spawn('dovecot', ['-F', '-c', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const abandon = (): void => void child.kill('SIGTERM');
  // Before its folder is removed.
  process.prependOnceListener('exit', abandon);
  const ended = once(child, 'exit');
  const started: Dovecot = {
    ...{ imapPort, lmtpPort, password: PASSWORD },
    log: () => readFileSync(log, 'utf8'),
    async stop() {
      process.off('exit', abandon);
      child.kill('SIGTERM');
      await ended;
    },
  };
  try {
    await until('Dovecot to answer', () => answers(imapPort, users[0] ?? ''));
  } catch (error) {
    await started.stop();
    throw error;
  }
  return started;
}

async function answers(port: number, user: string): Promise<true | undefined> {
  const client = new ImapFlow({ ...{ host: '127.0.0.1', port, logger: false }, auth: { user, pass: PASSWORD } });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.logout();
    return true;
  } catch {
    return undefined;
  } finally {
    client.close();
  }
}

interface Settings {
  readonly folder: string;
  readonly users: string;
  readonly log: string;
  readonly imapPort: number;
  readonly lmtpPort: number;
}

const settings = ({ folder, users, log, imapPort, lmtpPort }: Settings): string => `
${blockOf('dovecot.conf: LMTP and IMAP')}
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${log}
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:${folder}/mail/%u
default_client_limit = 100
default_process_limit = 20
passdb {
  driver = passwd-file
  args = username_format=%u ${users}
}
userdb {
  driver = static
  args = uid=mail gid=mail home=${folder}/mail/%u
}
first_valid_uid = 1
first_valid_gid = 1
mail_fsync = never
service imap-login {
  inet_listener imap {
    address = 127.0.0.1
    port = ${imapPort}
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${lmtpPort}
  }
}
protocol lmtp {
  auth_username_format = %Lu
}
`;
