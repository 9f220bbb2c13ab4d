import { LIMITS, type Limit, type LimitName } from '../base/limits.ts';
import {
  contact,
  databaseUrl,
  domains,
  flag,
  key,
  mailAddress,
  oneOf,
  optional,
  origin,
  reachable,
  text,
  timeZone,
  wholeNumber,
  type Key,
} from './key.ts';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;

/**
 * Every configuration key: its type, default and purpose. A key is set in the JSON file by its name, in the environment
 * as KALENDS_ and the name in capitals (`limits.resourceOctets` is KALENDS_LIMITS_RESOURCE_OCTETS), and where
 * `FLAGS` has it, on the command line. docs/configuration.md is generated from this table.
 */
export const KEYS = {
  host: key(text, '127.0.0.1', 'Address that the server listens on; 0.0.0.0 or :: for every interface.'),
  port: key(wholeNumber(0, 65_535), 8080, 'TCP port; 0 takes a free one.'),
  data: key(text, './data', 'Folder of the database and everything else that the server keeps.'),
  database: key(
    optional(databaseUrl),
    undefined,
    'Where the database is; unset: SQLite, as kalends.db in the data folder.',
    true,
  ),
  publicUrl: key(
    optional(origin),
    undefined,
    'Address under which people reach the server; every link is built from it.',
  ),
  tlsCert: key(optional(text), undefined, 'PEM file of the certificate chain; read again when it changes.'),
  tlsKey: key(optional(text), undefined, 'PEM file of the private key; read again when it changes.'),
  trustProxy: key(flag, false, 'Whether X-Forwarded-For and the like of the proxy in front are believed.'),
  logLevel: key(oneOf(...LOG_LEVELS), 'info', 'Least important log line that is written.'),
  workers: key(
    wholeNumber(1, 64),
    1,
    'Processes that answer; of two and more, one beside them writes and runs what time sets off.',
  ),
  timezone: key(timeZone, 'UTC', 'Time zone of people and calendars that have none of their own.'),
  registration: key(oneOf('open', 'invite', 'closed'), 'closed', 'Who may make an account.'),
  retentionDays: key(wholeNumber(1, 36_500), 180, 'How long what was removed is remembered, in days.'),
  historyDays: key(
    wholeNumber(1, 36_500),
    90,
    'How long past versions, the trash and the audit log are kept, in days.',
  ),
  metricsToken: key(optional(text), undefined, 'Bearer token that opens /metrics beyond this machine.', true),
  indexPastDays: key(wholeNumber(0, 36_500), 366, 'How far before now instances are indexed, in days.'),
  indexFutureDays: key(wholeNumber(1, 36_500), 732, 'How far after now instances are indexed, in days.'),
  scheduling: {
    freeUntilAnswered: key(
      flag,
      false,
      "Whether an invitation takes no time (TRANSP:TRANSPARENT) until it is answered, as on Apple's server; an answer that says that it takes time has to bring TRANSP:OPAQUE. The test profile has it, for the suites that were written for that server.",
    ),
  },
  access: {
    freeBusyForAll: key(flag, true, "Whether each logged-in person may read everyone's free-busy."),
    directory: key(
      oneOf('all', 'off'),
      'all',
      "Who sees everyone's name and addresses as an address book: all who are logged in, or nobody.",
    ),
  },
  collections: {
    calendarName: key(text, 'Calendar', 'Display name of the calendar that a new person gets.'),
    tasksName: key(text, 'Tasks', 'Display name of the task list that a new person gets.'),
  },
  files: {
    enabled: key(flag, false, 'Whether people have plain WebDAV collections at /dav/files/NAME/.'),
  },
  guard: {
    enabled: key(flag, true, 'Whether a device is held that deletes or rewrites much of a calendar at once.'),
    objects: key(wholeNumber(1, 1_000_000), 100, 'Objects of one calendar that a device may delete or rewrite, …'),
    share: key(
      wholeNumber(0, 100),
      30,
      '… and the share of the calendar in per cent: it is held where it exceeds both …',
    ),
    minutes: key(wholeNumber(1, 1440), 10, '… within this many minutes.'),
  },
  mail: {
    host: key(optional(text), undefined, 'SMTP server that takes outgoing mail; unset: no mail is sent.'),
    port: key(wholeNumber(1, 65_535), 587, 'Port of the SMTP server.'),
    secure: key(flag, false, 'Whether TLS is spoken from the first octet (port 465) instead of by STARTTLS.'),
    tls: key(
      oneOf('required', 'offered', 'off'),
      'required',
      'Whether mail goes only over TLS with a certificate that is valid, over TLS where the server offers it, or never.',
    ),
    user: key(optional(text), undefined, 'Log-in at the SMTP server.'),
    password: key(optional(text), undefined, 'Password at the SMTP server.', true),
    from: key(
      optional(mailAddress),
      undefined,
      'Address that mail comes from, of a domain for which the SMTP server may send; needed to send mail.',
    ),
    bounce: key(optional(mailAddress), undefined, 'Address to which bounces go (the envelope sender); unset: from.'),
    domains: key(
      domains,
      [],
      'Domains of which people are named in From by their own address, because the SMTP server sends for them; of all others `from` is named.',
    ),
    reply: key(
      optional(mailAddress),
      undefined,
      'Address whose mail reaches this server, with +TOKEN added to its local part in each invitation; unset: answers go to the organizer’s own address.',
    ),
    organizer: key(
      oneOf('auto', 'own', 'reply'),
      'auto',
      'Which address invitations name as ORGANIZER: the own one, the one of `reply`, or (auto) the own one of people in `domains` and the one of `reply` for all others.',
    ),
    language: key(oneOf('en', 'de', 'fr', 'es'), 'en', 'Language of mail to people of whom no other is known.'),
    holdSeconds: key(
      wholeNumber(0, 3600),
      30,
      'How long a message waits before it is sent: what is undone within that time is not sent, and several changes are one message.',
    ),
    dkim: {
      domain: key(
        optional(text),
        undefined,
        'Domain that signs outgoing mail; unset: the SMTP server signs, or nobody.',
      ),
      selector: key(text, 'kalends', 'Selector of the key in the DNS.'),
      keyFile: key(optional(text), undefined, 'PEM file of the private key, as `kalends mail dkim` makes it.'),
    },
    listen: {
      host: key(text, '127.0.0.1', 'Address at which mail is taken.'),
      port: key(
        optional(wholeNumber(0, 65_535)),
        undefined,
        'Port at which mail is taken; unset: none is listened at.',
      ),
      protocol: key(oneOf('lmtp', 'smtp'), 'lmtp', 'What is spoken there.'),
    },
    imap: {
      host: key(optional(text), undefined, 'IMAP server with the mailbox that mail is read from; unset: none is.'),
      port: key(wholeNumber(1, 65_535), 993, 'Port of the IMAP server.'),
      secure: key(flag, true, 'Whether TLS is spoken from the first octet instead of by STARTTLS.'),
      tls: key(oneOf('required', 'offered', 'off'), 'required', 'As mail.tls, for the IMAP server.'),
      user: key(optional(text), undefined, 'Log-in at the IMAP server.'),
      password: key(optional(text), undefined, 'Password at the IMAP server.', true),
      mailbox: key(text, 'INBOX', 'Mailbox that is read.'),
      done: key(text, 'Kalends', 'Mailbox to which mail is moved when it was dealt with; it is made if need be.'),
    },
    authserv: key(
      optional(text),
      undefined,
      'authserv-id of your own mail server, whose Authentication-Results (RFC 8601) are believed; unset: only what is checked here.',
    ),
    signers: key(
      domains,
      ['google.com'],
      'Domains whose DKIM signature vouches for every From: services that know the people for whom they send.',
    ),
  },
  net: {
    allow: key(
      reachable,
      [],
      'What the server may fetch from beside the public Internet: private networks and hosts that you vouch for.',
    ),
  },
  push: {
    enabled: key(flag, true, 'Whether devices may have changes pushed to them (WebDAV-Push over Web Push).'),
    contact: key(
      optional(contact),
      undefined,
      'mailto: or https: address at which push services reach you; unset: the public address, if it is of https.',
    ),
  },
  limits: limitKeys(),
} as const;

/** Keys that the command line sets by `--name`; every verb takes those of GLOBAL_FLAGS. */
export const FLAGS = {
  data: 'data',
  database: 'database',
  host: 'host',
  port: 'port',
  'public-url': 'publicUrl',
  'tls-cert': 'tlsCert',
  'tls-key': 'tlsKey',
  'trust-proxy': 'trustProxy',
  'log-level': 'logLevel',
  workers: 'workers',
  timezone: 'timezone',
} as const;

export const GLOBAL_FLAGS = ['data', 'database'] as const;

type TreeOf<T> = { readonly [K in keyof T]: T[K] extends Key<infer V> ? V : TreeOf<T[K]> };
/** The configuration: frozen, each key with a value of its type. */
export type Config = TreeOf<typeof KEYS>;

function limitKeys(): Readonly<Record<LimitName, Key<number>>> {
  const entries = Object.entries<Limit>(LIMITS).map(([name, limit]) => [
    name,
    key(wholeNumber(1, Number.MAX_SAFE_INTEGER), limit.default, `Most ${limit.unit}: ${limit.why}.`),
  ]);
  return Object.fromEntries(entries) as Record<LimitName, Key<number>>; // the names come from LIMITS itself
}

/** One key of the table with its dotted name. */
export interface NamedKey {
  readonly path: string;
  readonly key: Key;
}

/** The table as a list, in its order. */
export function allKeys(): readonly NamedKey[] {
  return keysBelow(KEYS, '');
}

/** A branch of the table: what is not a key is a branch. */
export interface Branch {
  readonly [name: string]: Key | Branch;
}

export function isKey(entry: Key | Branch): entry is Key {
  return typeof entry.doc === 'string';
}

function keysBelow(branch: Branch, prefix: string): readonly NamedKey[] {
  return Object.entries(branch).flatMap(([name, entry]) =>
    isKey(entry) ? [{ path: prefix + name, key: entry }] : keysBelow(entry, `${prefix}${name}.`),
  );
}

/** `limits.resourceOctets` → `KALENDS_LIMITS_RESOURCE_OCTETS`. */
export function environmentName(path: string): string {
  return `KALENDS_${path.replace(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`;
}
