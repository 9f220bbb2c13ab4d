import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';

import { readMail } from '../../src/mail/mime.ts';
import { until } from './until.ts';

/** A mail with iCalendar in it, as the program of who is invited sees it. */
export interface Received {
  readonly method: string;
  readonly subject: string;
  readonly from: string;
  /** Unfolded. */
  readonly calendar: string;
  readonly source: Buffer;
}

/** The mailbox of somebody elsewhere, and the way from there. */
export interface Guest {
  readonly address: string;
  /** The next mail of this method about a UID that was not given before. */
  next(method: string, uid: string): Promise<Received>;
  /** Answers an invitation as mail programs do: a REPLY to its ORGANIZER. When the mail server has taken it, by performance.now(). */
  answer(invitation: Received, partstat: string): Promise<number>;
  close(): Promise<void>;
}

export interface GuestOptions {
  readonly address: string;
  readonly password: string;
  readonly imapPort: number;
  readonly smtpPort: number;
}

export async function openGuest({ address, password, imapPort, smtpPort }: GuestOptions): Promise<Guest> {
  const client = new ImapFlow({
    ...{ host: '127.0.0.1', port: imapPort, logger: false },
    auth: { user: address, pass: password },
  });
  client.on('error', () => undefined);
  await client.connect();
  await client.mailboxOpen('INBOX');
  const smtp = createTransport({ host: '127.0.0.1', port: smtpPort, ignoreTLS: true });
  const mails = new Map<number, Received>();
  const given = new Set<number>();
  const look = async (): Promise<void> => {
    await client.noop();
    for (const uid of (await client.search({ all: true }, { uid: true })) || []) {
      if (mails.has(uid)) continue;
      const fetched = await client.fetchOne(String(uid), { source: true }, { uid: true });
      if (fetched !== false && fetched.source !== undefined) mails.set(uid, await receivedOf(fetched.source));
    }
  };
  return {
    address,
    next: (method, uid) =>
      until(`${method} in the mailbox of ${address}`, async () => {
        await look();
        const fits = ([key, mail]: readonly [number, Received]): boolean =>
          !given.has(key) && mail.method === method && valueOf(mail.calendar, 'UID') === uid;
        const found = [...mails].find(fits);
        if (found !== undefined) given.add(found[0]);
        return found?.[1];
      }),
    async answer(invitation, partstat) {
      const to = valueOf(invitation.calendar, 'ORGANIZER').replace(/^mailto:/i, '');
      const text = replyOf(invitation.calendar, address, partstat);
      await smtp.sendMail({
        ...{ from: address, to, subject: `Accepted: ${invitation.subject}`, text: 'Accepted' },
        alternatives: [{ contentType: 'text/calendar; method=REPLY; charset=UTF-8', content: text }],
      });
      return performance.now();
    },
    async close() {
      smtp.close();
      await client.logout();
    },
  };
}

async function receivedOf(source: Buffer): Promise<Received> {
  const { subject, from, calendars } = await readMail(source);
  const calendar = (calendars[0]?.octets.toString() ?? '').replace(/\r?\n[ \t]/g, '');
  return { method: valueOf(calendar, 'METHOD'), subject, from: from[0]?.address ?? '', calendar, source };
}

/** The value of the first line of a name in unfolded iCalendar. */
export const valueOf = (calendar: string, name: string): string =>
  new RegExp(`^${name}(?:;(?:"[^"]*"|[^":])*)?:(.*)$`, 'm').exec(calendar)?.[1]?.trim() ?? '';

/** RFC 5546 §3.2.3, as a mail program makes it. */
function replyOf(calendar: string, address: string, partstat: string): string {
  const kept = ['UID', 'SEQUENCE', 'ORGANIZER', 'DTSTART', 'RECURRENCE-ID'].flatMap(
    (name) => new RegExp(`^${name}[;:].*$`, 'm').exec(eventIn(calendar))?.[0].trim() ?? [],
  );
  return [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Guest//EN', 'METHOD:REPLY', 'BEGIN:VEVENT', ...kept],
    ...[`DTSTAMP:${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`],
    ...[`ATTENDEE;PARTSTAT=${partstat}:mailto:${address}`, 'END:VEVENT', 'END:VCALENDAR', ''],
  ].join('\r\n');
}

const eventIn = (calendar: string): string => /BEGIN:VEVENT[^]*?END:VEVENT/.exec(calendar)?.[0] ?? '';
