import { createMailReceiver } from '../../src/calendar/receive-mail.ts';
import { tokensFor } from '../../src/calendar/mail-tokens.ts';
import { listTray, type TrayItem } from '../../src/calendar/tray.ts';
import type { CalendarSettings } from '../../src/calendar/context.ts';
import type { Limits } from '../../src/base/limits.ts';
import type { RawMail } from '../../src/mail/raw-mail.ts';
import { listInboundMails, type InboundHead } from '../../src/store/inbound-mails.ts';
import { MAIL, SILENT_LOG, START, startDavServer, type DavServer } from '../dav-server.ts';
import { dnsZone, signed, type Signer, type Zone } from '../mail/signed-mail.ts';

/** A server that takes mail, and a DNS of the test's own. */
export interface ImipWorld {
  readonly server: DavServer;
  readonly zone: Zone;
  /** Hands a mail in as our own mail server does; who reads it waits until it is dealt with. */
  arrives(octets: Buffer | string, more?: Arriving): Promise<string>;
  /** Signed by the domain of From. */
  signed(mail: string): Promise<Buffer>;
  /** The reply address of somebody who is invited to something of alice's. */
  replyAddress(uid: string, recipient: string): Promise<string>;
  tray(homeId: string): Promise<readonly TrayItem[]>;
  /** What was written down of the last mail. */
  last(): Promise<InboundHead | undefined>;
  close(): Promise<void>;
}

export interface Arriving {
  readonly to?: string;
  readonly source?: RawMail['source'];
  readonly client?: RawMail['client'];
}

export interface WorldOptions {
  readonly users?: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly settings?: Partial<CalendarSettings>;
  readonly authserv?: string;
}

const REPLY = 'answers@example.com';

export async function imipWorld({
  users = ['alice', 'bob'],
  limits = {},
  settings = {},
  authserv,
}: WorldOptions = {}): Promise<ImipWorld> {
  const mail = { ...MAIL, reply: REPLY };
  const server = await startDavServer({ users, limits, settings: { mail, ...settings } });
  const zone = dnsZone();
  const signers = new Map<string, Signer>();
  const { context } = server;
  const receiver = createMailReceiver(context, {
    ...{ resolver: zone.resolver, log: SILENT_LOG, signers: ['google.com'], authserv },
  });
  return {
    ...{ server, zone },
    async arrives(octets, { to = 'alice@example.com', source = 'lmtp', client } = {}) {
      const raw = {
        octets: Buffer.from(octets),
        ...{ source, client },
        envelope: { from: 'bounce@far.example', to: [to] },
      };
      return (await receiver(raw)).get(to)?.kind ?? 'nothing';
    },
    signed(text) {
      const domain = /^From: .*@([^>\s]+)/m.exec(text)?.[1] ?? '';
      const signer = signers.get(domain) ?? zone.key(domain);
      signers.set(domain, signer);
      return signed(text, signer, { at: START });
    },
    async replyAddress(uid, recipient) {
      const { replyAddress = '' } = await context.store.write((tx) =>
        tokensFor(context, tx, { homeId: 'alice', uid, recipient }),
      );
      return replyAddress;
    },
    tray: (homeId) => listTray(context, { homeId }),
    async last() {
      return (await listInboundMails(context.store.db, { before: Number.MAX_SAFE_INTEGER, limit: 1 }))[0];
    },
    close: () => server.close(),
  };
}

let sent = 0;

export interface ImipMail {
  readonly from: string;
  readonly method: string;
  /** Of the VEVENTs, without UID and DTSTAMP; more than one are several components. */
  readonly events: readonly (readonly string[])[];
  readonly uid?: string;
  readonly stamp?: string;
  /** Content-Type of the part; by default with the method. */
  readonly type?: string;
  readonly headers?: readonly string[];
}

/** A mail with one calendar. */
export function imip({
  from,
  method,
  events,
  uid = 'm',
  stamp = '20260302T080000Z',
  type,
  headers = [],
}: ImipMail): string {
  const components = events.flatMap((lines) => [
    ...['BEGIN:VEVENT', `UID:${uid}`, `DTSTAMP:${stamp}`, ...lines, 'END:VEVENT'],
  ]);
  const calendar = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//far//EN', `METHOD:${method}`, ...components];
  return [
    ...[`From: ${from}`, 'To: alice@example.com', 'Subject: Meeting', `Date: ${new Date(START).toUTCString()}`],
    ...[`Message-ID: <${++sent}@far.example>`, 'MIME-Version: 1.0', ...headers],
    ...[`Content-Type: ${type ?? `text/calendar; method=${method}; charset=utf-8`}`, '', ...calendar],
    ...['END:VCALENDAR', ''],
  ].join('\r\n');
}
