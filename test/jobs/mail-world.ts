import { addressKey } from '../../src/itip/address.ts';
import { SECOND } from '../../src/base/clock.ts';
import { asPrincipalId } from '../../src/base/ids.ts';
import { homeOf } from '../../src/calendar/collections.ts';
import type { MailSettings } from '../../src/calendar/context.ts';
import { eventsOf } from '../../src/calendar/flight-recorder.ts';
import { sendMail } from '../../src/jobs/handlers/send-mail.ts';
import type { Transport } from '../../src/mail/outgoing.ts';
import { createTransport } from '../../src/mail/transport.ts';
import { CALENDAR_TYPE, MAIL, SILENT_LOG, startDavServer, type DavServer } from '../dav-server.ts';
import { startSmtpSink, type SmtpSink } from '../smtp-sink.ts';

const CALENDAR = '/dav/calendars/alice/calendar/';

/** A server whose people invite others elsewhere, an SMTP server, and a clock that only the test moves. */
export interface MailWorld {
  readonly server: DavServer;
  readonly sink: SmtpSink;
  /** What was logged at `warn` and above, as text. */
  readonly logged: readonly string[];
  /** alice invites, or changes what she invited to: each version is at another time. */
  invite(uid: string, guests: readonly string[], version?: number): Promise<void>;
  /** The time passes, and the job has its turn. */
  run(after?: number, signal?: AbortSignal): Promise<void>;
  /** As often as needed, over so many milliseconds. */
  runOver(duration: number, each: number): Promise<void>;
  /** Rows of the ledger, in their order. */
  ledger(): Promise<readonly LedgerRow[]>;
  /** Words of the recorder about one recipient. */
  recorded(uid: string, guest: string): Promise<readonly string[]>;
  /** SCHEDULE-STATUS of a guest in alice's object. */
  statusOf(uid: string, guest: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface LedgerRow {
  readonly id: string;
  readonly uid: string;
  readonly recipient: string;
  readonly method: string;
  readonly state: string;
  readonly offers: number;
  readonly outcome: string | null;
}

export interface MailWorldOptions {
  readonly transport?: Transport;
  readonly hold?: number;
  /** How people elsewhere are told, where it is not as the other tests have it. */
  readonly mail?: Partial<MailSettings> | undefined;
  readonly users?: readonly string[];
}

export async function startMailWorld({ transport, hold = 0, mail, users }: MailWorldOptions = {}): Promise<MailWorld> {
  const sink = await startSmtpSink();
  const server = await startDavServer({ settings: { mail: { ...MAIL, hold, ...mail } }, ...(users && { users }) });
  const way =
    transport ?? createTransport({ host: '127.0.0.1', port: sink.port, secure: false, tls: 'off', login: undefined });
  const logged: string[] = [];
  const keep = (...line: unknown[]): void => void logged.push(JSON.stringify(line));
  const job = {
    ...{ calendar: server.context, log: { ...SILENT_LOG, warn: keep, error: keep }, retention: 0 },
    ...{ fetch: () => Promise.reject(new Error('no network')), random: () => 0.5, transport: way },
  };
  const { db } = server.context.store;
  const run: MailWorld['run'] = async (after = SECOND, signal = new AbortController().signal) => {
    server.time.now += after;
    await sendMail.run(job, signal);
  };
  return {
    server,
    sink,
    logged,
    run,
    async invite(uid, guests, version = 1) {
      const body = meeting(uid, guests, version);
      const { status } = await server.request('PUT', `${CALENDAR}${uid}.ics`, { headers: CALENDAR_TYPE, body });
      if (status !== 201 && status !== 204) throw new Error(`PUT: ${status}`);
    },
    async runOver(duration, each) {
      for (let passed = 0; passed < duration; passed += each) await run(each);
    },
    ledger: () =>
      db
        .selectFrom('mail_messages')
        .select(['id', 'uid', 'recipient', 'method', 'state', 'offers', 'outcome'])
        .orderBy('key')
        .execute(),
    async recorded(uid, guest) {
      const home = await homeOf(server.context, asPrincipalId('alice'));
      const events = await eventsOf(db, home.homeId, uid);
      const key = addressKey(`mailto:${guest}`);
      return events.filter(({ recipient }) => addressKey(recipient) === key).map(({ what }) => what);
    },
    async statusOf(uid, guest) {
      const { body } = await server.request('GET', `${CALENDAR}${uid}.ics`);
      const lines = body.toString('utf8').replace(/\r\n[ \t]/g, '');
      const line = lines.split('\r\n').find((each) => each.startsWith('ATTENDEE') && each.endsWith(`:mailto:${guest}`));
      return /SCHEDULE-STATUS="?([\d.]+)/.exec(line ?? '')?.[1];
    },
    async close() {
      way.close();
      await sink.close();
      await server.close();
    },
  };
}

function meeting(uid: string, guests: readonly string[], version: number): string {
  return [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Kalends//test//EN', 'BEGIN:VEVENT', `UID:${uid}`],
    ...['DTSTAMP:20260302T080000Z', `SEQUENCE:${version}`, `DTSTART:202604${String(version).padStart(2, '0')}T100000Z`],
    ...['DURATION:PT1H', `SUMMARY:Review ${version}`, 'ORGANIZER:mailto:alice@example.com'],
    'ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.com',
    ...guests.map((guest) => `ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:${guest}`),
    ...['END:VEVENT', 'END:VCALENDAR', ''],
  ].join('\r\n');
}
