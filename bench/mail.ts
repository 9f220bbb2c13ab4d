import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CALENDAR_HEADERS, davClient, type DavClient } from '../test/dav-client.ts';
import { kalends, removeDir, startServer, temporaryDir } from '../test/live-server.ts';
import { startSmtpSink } from '../test/smtp-sink.ts';
import { cpuMilliseconds, peakMebibytes } from './cpu.ts';
import { measure, type Effort, type Scenario } from './measure.ts';
import type { Target } from './table.ts';

const HOST = 'host';
const PASSWORD = 'bench';
/** Invited to one meeting; all of them are elsewhere. */
const GUESTS = 100;
const DOMAINS = 20;

/** How many are sent, and how many wait where it is looked at what that costs. */
export interface MailSizes {
  readonly sent: number;
  readonly waiting: number;
}

const ACCOUNTS = {
  users: [{ id: HOST, name: 'Host', emails: [`${HOST}@calendar.example`], password: PASSWORD }],
};

let made = 0;

/** A new meeting, or another version of one. */
function meeting(uid: string, guests: number, version = 0): string {
  const attendees = Array.from(
    { length: guests },
    (_, at) => `ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:guest${at}@domain${at % DOMAINS}.example`,
  );
  const hour = String(8 + (version % 12)).padStart(2, '0');
  return [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Bench//EN', 'BEGIN:VEVENT', `UID:${uid}`],
    ...['DTSTAMP:20260101T000000Z', `DTSTART:20290801T${hour}0000Z`, 'DURATION:PT1H', 'SUMMARY:Review'],
    ...[`ORGANIZER:mailto:${HOST}@calendar.example`, ...attendees, 'END:VEVENT', 'END:VCALENDAR', ''],
  ].join('\r\n');
}

async function invite(client: DavClient, guests: number): Promise<void> {
  const uid = `mail-${(made += 1)}`;
  const path = `/dav/calendars/${HOST}/calendar/${uid}.ics`;
  const { status } = await client.request('PUT', path, { headers: CALENDAR_HEADERS, body: meeting(uid, guests) });
  if (status !== 201) throw new Error(`PUT of a meeting of ${guests}: ${status}`);
}

/** A PUT that tells somebody elsewhere something. */
const change = (client: DavClient): Scenario => ({
  name: 'put that is told by mail',
  send(turn) {
    const path = `/dav/calendars/${HOST}/calendar/changed.ics`;
    return client.request('PUT', path, { headers: CALENDAR_HEADERS, body: meeting('changed', 1, turn) });
  },
  check({ status }) {
    if (status !== 201 && status !== 204) throw new Error(`PUT: ${status}`);
  },
});

/** What it costs to send, and to have much that waits: a server and an SMTP server of their own. */
export async function askMail({ sent, waiting }: MailSizes, effort: Effort): Promise<Target[]> {
  const dataDir = temporaryDir('bench-mail');
  const sink = await startSmtpSink();
  const config = join(dataDir, 'config.json');
  writeFileSync(join(dataDir, 'accounts.json'), JSON.stringify(ACCOUNTS));
  writeFileSync(
    config,
    JSON.stringify({
      mail: { host: '127.0.0.1', port: sink.port, tls: 'off', from: 'kalends@calendar.example', holdSeconds: 0 },
      limits: {
        ...{ mailsPerPersonPerHour: 1e6, mailsPerPersonPerDay: 1e6, mailsPerDomainPerHour: 1e6 },
        mailsWaitingPerPerson: 1e6,
      },
    }),
  );
  kalends('provision', join(dataDir, 'accounts.json'), '--data', dataDir);
  const server = await startServer({ dataDir, config, args: ['--log-level', 'warn'] });
  const client = davClient({ url: server.url, user: HOST, password: PASSWORD, sockets: 1 });
  let reached = 0;
  /** Milliseconds from the first PUT to the last mail. */
  const send = async (count: number): Promise<number> => {
    const began = performance.now();
    for (let at = 0; at < count; at += GUESTS) await invite(client, GUESTS);
    reached += count;
    await sink.reached(reached);
    return performance.now() - began;
  };
  try {
    await send(GUESTS);
    const cpu = cpuMilliseconds(server.pid);
    const took = await send(sent);
    const each = (cpuMilliseconds(server.pid) - cpu) / sent;
    const fewWait = await measure(server.pid, change(client), effort);
    // What a heap takes that was never asked to be small is there by now.
    const before = peakMebibytes(server.pid);
    await sink.down();
    for (let at = 0; at < waiting; at += GUESTS) await invite(client, GUESTS);
    const manyWait = await measure(server.pid, change(client), effort);
    const grown = peakMebibytes(server.pid) - before;
    console.log(
      `${sent} mails in ${(took / 1000).toFixed(1)} s, ${each.toFixed(1)} ms CPU each; PUT told by mail ${fewWait.cpu.toFixed(2)} ms CPU, ` +
        `${manyWait.cpu.toFixed(2)} ms where ${waiting} wait; memory grows by ${grown} MiB`,
    );
    return [
      { name: `${sent} mails to a local SMTP server`, limit: (20 * sent) / 1000, seen: took / 1000, unit: 's' },
      { name: `PUT with ${waiting} mails waiting`, limit: 1.2, seen: manyWait.cpu / fewWait.cpu, unit: 'x' },
      { name: `memory that ${waiting} waiting mails take`, limit: 96, seen: grown, unit: 'MiB' },
    ];
  } finally {
    client.close();
    await server.stop();
    await sink.close();
    removeDir(dataDir);
  }
}
