import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { eventsOf } from '../../src/calendar/flight-recorder.ts';
import { noteBounce } from '../../src/calendar/note-bounce.ts';
import { noticeOf } from '../../src/calendar/note-undelivered.ts';
import { concludeMail, noteOffered, takeMail, type LeasedMail } from '../../src/calendar/outgoing-mail.ts';
import { readMail } from '../../src/mail/mime.ts';
import { event, startDavServer, type DavServer } from '../dav-server.ts';
import { putEvent } from '../dav/meeting.ts';

const AT = '/dav/calendars/alice/calendar/m.ics';
const FAR = 'mailto:Far@example.org';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice'] });
});
afterEach(() => server.close());

const take = async (): Promise<LeasedMail | undefined> => (await takeMail(server.context, { limit: 1 }))[0];

/** An invitation is written, and sent as far as asked. */
async function invite({ isOffered = true } = {}): Promise<LeasedMail> {
  await putEvent(server, AT, event('m', 'SUMMARY:Plan', 'ORGANIZER:mailto:alice@example.com', `ATTENDEE:${FAR}`));
  const leased = (await take())!;
  if (!isOffered) return leased;
  await noteOffered(server.context, leased, Buffer.from('the mail'));
  await concludeMail(server.context, leased, { kind: 'sent', answer: '250 ok' }, { random: () => 0.5 });
  return leased;
}

interface Report {
  readonly about: string;
  readonly recipient?: string;
  readonly action?: string;
  readonly status?: string;
  /** Whether it gives back the headers of what it is about; else In-Reply-To names it. */
  readonly gives?: boolean;
}

/** As a mail server writes it. */
function report({ about, recipient = 'far@example.org', action = 'failed', status = '5.1.1', gives = true }: Report) {
  const id = `<${about}@example.com>`;
  const lines = [
    ...['From: MAILER-DAEMON@mx.example.org', 'To: calendar@example.com', 'Subject: Undelivered'],
    ...(gives ? [] : [`In-Reply-To: ${id}`]),
    ...['MIME-Version: 1.0', 'Content-Type: multipart/report; report-type=delivery-status; boundary=b', ''],
    ...['--b', 'Content-Type: text/plain', '', 'Sorry.', '--b', 'Content-Type: message/delivery-status', ''],
    ...['Reporting-MTA: dns; mx.example.org', '', `Final-Recipient: rfc822;${recipient}`, `Action: ${action}`],
    ...[`Status: ${status}`, `Diagnostic-Code: smtp; 550 ${status} <${recipient}> no such user`, ''],
    ...(gives ? ['--b', 'Content-Type: text/rfc822-headers', '', `Message-ID: ${id}`, ''] : []),
    ...['--b--', ''],
  ];
  return readMail(Buffer.from(lines.join('\r\n')));
}

const note = async (of: Report) => noteBounce(server.context, await report(of));
const recorded = async (): Promise<readonly string[]> =>
  (await eventsOf(server.context.store.db, 'alice', 'm')).map(({ what }) => what);
const attendee = async (): Promise<string> => {
  const { body } = await server.request('GET', AT);
  const lines = body
    .toString()
    .replace(/\r\n[ \t]/g, '')
    .split('\r\n');
  return lines.find((line) => line.startsWith('ATTENDEE')) ?? '';
};

describe('a message that was returned', () => {
  test('has SCHEDULE-STATUS in the object, whose schedule tag stays, and a line of the recorder', async () => {
    const { id } = await invite();
    const before = await server.request('GET', AT);
    expect(await note({ about: id })).toEqual({
      ...{ isOurs: true, homeId: 'alice', uid: 'm' },
      reason: 'the mail reports that a message to a guest is failed: 5.1.1 550 5.1.1 … no such user',
    });
    expect(await attendee()).toContain('SCHEDULE-STATUS=5.2');
    const after = await server.request('GET', AT);
    expect(after.headers['schedule-tag']).toBe(before.headers['schedule-tag']);
    expect(after.headers.etag).not.toBe(before.headers.etag);
    expect((await recorded()).at(-1)).toBe('bounced');
  });

  test('is told to its sender by one mail, and not to who has returned it', async () => {
    const { id } = await invite();
    await note({ about: id });
    const notice = await take();
    expect(notice).toMatchObject({ method: 'NOTICE', recipient: 'mailto:alice@example.com' });
    expect(noticeOf(notice!.octets)).toMatchObject({ recipient: FAR, summary: 'Plan', status: '5.2' });
    expect(await take()).toBe(undefined);
  });

  test('is told once, however often it is reported', async () => {
    const { id } = await invite();
    await note({ about: id });
    const [lines, line] = [await recorded(), await attendee()];
    await take();
    await note({ about: id });
    expect(await recorded()).toEqual(lines);
    expect(await attendee()).toBe(line);
    expect(await take()).toBe(undefined);
  });

  test('is known by In-Reply-To, where the report gives nothing back', async () => {
    const { id } = await invite();
    expect(await note({ about: id, gives: false, status: '5.4.4' })).toMatchObject({ isOurs: true });
    expect(await attendee()).toContain('SCHEDULE-STATUS=5.1');
  });
});

test('a delay is written down, once, and changes nothing else', async () => {
  const { id } = await invite();
  const line = await attendee();
  await note({ about: id, action: 'delayed', status: '4.4.1' });
  await note({ about: id, action: 'delayed', status: '4.4.1' });
  expect((await recorded()).filter((what) => what === 'delayed')).toHaveLength(1);
  expect(await attendee()).toBe(line);
  expect(await take()).toBe(undefined);
});

test('that it arrived changes nothing', async () => {
  const { id } = await invite();
  const [lines, line] = [await recorded(), await attendee()];
  expect(await note({ about: id, action: 'delivered', status: '2.0.0' })).toMatchObject({ isOurs: true });
  expect([await recorded(), await attendee()]).toEqual([lines, line]);
});

test('an address behind the one that was written to is only written down', async () => {
  const { id } = await invite();
  const line = await attendee();
  await note({ about: id, recipient: 'member@list.example' });
  expect(await attendee()).toBe(line);
  expect((await recorded()).at(-1)).toBe('delayed');
  expect(await take()).toBe(undefined);
});

describe('a report about what was never sent changes nothing', () => {
  const UNKNOWN = { isOurs: false, reason: 'the mail reports on nothing that was sent from here' };

  test('where nobody has written it', async () => {
    await invite();
    const lines = await recorded();
    expect(await note({ about: 'made-up' })).toEqual(UNKNOWN);
    expect(await recorded()).toEqual(lines);
  });

  test('where it is still to be offered', async () => {
    const { id } = await invite({ isOffered: false });
    expect(await note({ about: id })).toEqual(UNKNOWN);
    expect(await attendee()).not.toContain('SCHEDULE-STATUS=5');
  });

  test('where it is what this server tells its own people', async () => {
    const { id } = await invite();
    await note({ about: id });
    const notice = (await take())!;
    await noteOffered(server.context, notice, Buffer.from('the notice'));
    expect(await note({ about: notice.id, recipient: 'alice@example.com' })).toEqual(UNKNOWN);
  });

  test('where the mail is no report', async () => {
    const mail = await readMail(Buffer.from('From: a@b.example\r\n\r\nhello'));
    expect(await noteBounce(server.context, mail)).toEqual(UNKNOWN);
  });
});
