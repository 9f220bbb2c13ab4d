import { join } from 'node:path';

import { ROOT } from '../live-server.ts';
import type { Dovecot } from './dovecot.ts';
import { blockOf, blockWith } from './page-blocks.ts';
import type { PostfixOptions } from './postfix.ts';
import { configOf } from './site.ts';

/** How mail gets to Kalends: what docs/mail.md says of it, with the addresses of the test. */
export interface Way {
  readonly name: string;
  postfix(world: WayWorld): Omit<PostfixOptions, 'folder'>;
  /** Keys of `mail` in the configuration of Kalends, beside the SMTP server. */
  mail(world: WayWorld): Readonly<Record<string, unknown>>;
  /** As whom Kalends runs; by default as the test. */
  readonly uid?: number;
  /** From the moment in which the mail server of who answers has the mail until it is in the organizer's copy. */
  readonly mostMilliseconds: number;
}

export interface WayWorld {
  readonly folder: string;
  /** A port for Kalends to take mail at. */
  readonly port: number;
  readonly dovecot: Dovecot;
}

/** Domain of those who are invited; their mailboxes are in Dovecot. */
export const GUESTS = 'guests.example';
/** The mailbox that Kalends reads. */
export const MAILBOX = 'calendar@example.org';

const guestsIn = ({ lmtpPort }: Dovecot): string =>
  `virtual_mailbox_domains = ${GUESTS}\nvirtual_transport = lmtp:inet:127.0.0.1:${lmtpPort}\n`;
/** Tables of a domain of Kalends' own; they stand beside main.cf. */
const IN_FOLDER = { '/etc/postfix/': '$config_directory/' };
const OWN_DOMAIN = {
  from: 'calendar@example.org',
  bounce: 'bounce@calendar.example.org',
  reply: 'reply@calendar.example.org',
};

const lmtp: Way = {
  name: 'LMTP',
  mostMilliseconds: 1000,
  postfix: ({ port, dovecot }) => ({
    main: blockWith('main.cf: LMTP', IN_FOLDER) + guestsIn(dovecot),
    master: '',
    tables: {
      kalends_transport: blockWith('kalends_transport: LMTP', { '127.0.0.1:24': `127.0.0.1:${port}` }),
      kalends_recipients: blockOf('kalends_recipients'),
    },
  }),
  mail: ({ port }) => ({ ...OWN_DOMAIN, listen: { port } }),
};

const imap: Way = {
  name: 'IMAP',
  mostMilliseconds: 1000,
  postfix: ({ dovecot }) => ({
    main: blockWith('main.cf: mailboxes in Dovecot', {
      'virtual_mailbox_domains = example.org': `virtual_mailbox_domains = example.org, ${GUESTS}`,
      'lmtp:unix:private/dovecot-lmtp': `lmtp:inet:127.0.0.1:${dovecot.lmtpPort}`,
    }),
    master: '',
    tables: {},
  }),
  mail: ({ dovecot: { imapPort, password } }) => ({
    ...{ from: MAILBOX, bounce: MAILBOX, reply: MAILBOX },
    imap: { host: '127.0.0.1', port: imapPort, secure: false, tls: 'off', user: MAILBOX, password },
  }),
};

/** Debian's user `mail`: a pipe of Postfix runs as anybody but root. */
export const PIPE_UID = 8;

const pipe: Way = {
  name: 'pipe',
  // Each mail starts a process, which reads the whole program: how long that takes is a matter of the machine.
  mostMilliseconds: 20_000,
  uid: PIPE_UID,
  postfix: ({ folder, dovecot }) => ({
    main: blockWith('main.cf: pipe', IN_FOLDER) + guestsIn(dovecot),
    master: blockWith('master.cf: pipe', {
      'user=kalends': 'user=mail',
      '/usr/bin/kalends': `${process.execPath} ${join(ROOT, 'bin/kalends.mjs')}`,
      '/etc/kalends.json': configOf(folder),
    }),
    tables: {
      kalends_transport: blockOf('kalends_transport: pipe'),
      kalends_recipients: blockOf('kalends_recipients'),
    },
  }),
  mail: () => OWN_DOMAIN,
};

export const WAYS: readonly Way[] = [lmtp, imap, pipe];
