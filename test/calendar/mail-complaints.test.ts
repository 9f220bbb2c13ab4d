import { readFileSync } from 'node:fs';
import { simpleParser, type ParsedMail } from 'mailparser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/base/clock.ts';
import { answerInvitation } from '../../src/calendar/answer-invitation.ts';
import { asPlainActor } from '../../src/calendar/acting.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import { importObject } from '../../src/calendar/import-object.ts';
import { inboundMails } from '../../src/calendar/inbound-mails.ts';
import { invitationRecord, type PersonRecord } from '../../src/calendar/invitation-record.ts';
import { createMailReceiver } from '../../src/calendar/receive-mail.ts';
import { resendInvitation } from '../../src/calendar/resend-invitation.ts';
import { restoreFromTrash, trashOf } from '../../src/calendar/trash.ts';
import { authorOf } from '../../src/calendar/author.ts';
import type { Verdict } from '../../src/mail/verdict.ts';
import { ics, MAIL, SILENT_LOG } from '../dav-server.ts';
import { meeting, putEvent } from '../dav/meeting.ts';
import { shareCalendar } from '../dav/shared-calendar.ts';
import { startMailWorld, type MailWorld, type MailWorldOptions } from '../jobs/mail-world.ts';
import type { Sunk } from '../smtp-sink.ts';
import { parseGolden, runGolden } from './golden-mail.ts';

const HOLD = 30 * SECOND;
const AT = '/dav/calendars/alice/calendar/m.ics';
const FAR = 'far@example.org';
const WIDE = 'wide@example.net';
const guests = [FAR, WIDE].map((address) => `ATTENDEE;RSVP=TRUE:mailto:${address}`);
const REPLY = 'answers@calendar.example.com';

let world: MailWorld;
const start = async (options: MailWorldOptions = {}): Promise<void> => {
  const mail = { reply: REPLY, publicUrl: 'https://calendar.example.com', ...options.mail };
  world = await startMailWorld({ hold: HOLD, users: ['alice', 'bob'], ...options, mail });
};
beforeEach(() => start());
afterEach(() => world.close());

const put = (...lines: readonly string[]) => putEvent(world.server, AT, meeting('m', guests, 'SUMMARY:Plan', ...lines));
const personOf = async (address: string, uid = 'm'): Promise<PersonRecord> => {
  const record = await invitationRecord(world.server.context, asPlainActor('alice'), { homeId: 'alice', uid });
  const found = record?.people.find((person) => person.address.endsWith(address));
  if (found === undefined) throw new Error(`nothing is known of ${address}`);
  return found;
};
const words = async (address = FAR): Promise<readonly string[]> =>
  (await personOf(address)).events.map(({ what }) => what);
const sunkFor = (address: string): readonly Sunk[] => world.sink.mails.filter(({ to }) => to === address);
const read = async (sunk: Sunk | undefined): Promise<ParsedMail> => simpleParser(sunk?.text ?? '');
const stored = async (path = AT, as = 'alice'): Promise<string> =>
  (await world.server.request('GET', path, { as })).body.toString().replaceAll(/\r\n[ \t]/g, '');
const resend = (recipient: string) =>
  resendInvitation(world.server.context, {
    ...{ actor: asPlainActor('alice'), by: authorOf(asPlainActor('alice')), homeId: 'alice', uid: 'm', recipient },
  });

interface Incoming {
  readonly from?: string;
  readonly to?: string;
  readonly method?: string;
  readonly lines?: readonly string[];
  readonly type?: string;
  readonly result?: Verdict['result'];
  /** DTSTAMP. */
  readonly stamp?: string;
}

/** A mail of a program elsewhere. */
async function arrives({ from = FAR, to = 'alice@example.com', method = 'REPLY', ...more }: Incoming): Promise<void> {
  const { lines = [], type = `text/calendar; method=${method}; charset=utf-8`, result = 'pass' } = more;
  const { stamp = '20260303T100000Z' } = more;
  const calendar = ics(`METHOD:${method}`, 'BEGIN:VEVENT', 'UID:m', `DTSTAMP:${stamp}`, ...lines, 'END:VEVENT');
  const octets = Buffer.from(
    [`From: <${from}>`, `To: <${to}>`, 'MIME-Version: 1.0', `Content-Type: ${type}`, '', calendar].join('\r\n'),
  );
  const { context } = world.server;
  const receiver = createMailReceiver(context, {
    ...{ resolver: () => Promise.resolve([]), log: SILENT_LOG },
    verify: () => Promise.resolve({ result, from, reason: 'as the test says' }),
  });
  await receiver({ octets, source: 'lmtp', envelope: { from, to: [to] } });
}

const ACCEPTED = [
  ...['DTSTART:20260302T090000Z', 'ORGANIZER:mailto:alice@example.com'],
  `ATTENDEE;PARTSTAT=ACCEPTED:mailto:${FAR}`,
];

describe('complaint 1: the answers of people elsewhere reach the event', () => {
  test('to the address of the mail, from whatever address they come, and the recorder is right at each step', async () => {
    await world.close();
    await start({ mail: { policy: { ...MAIL.policy, organizer: 'reply' } } });
    await put();
    expect(await words()).toEqual(['planned', 'held']);
    await world.run(HOLD);
    expect(await words()).toEqual(['planned', 'held', 'queued', 'sent']);
    expect((await personOf(FAR)).messages).toMatchObject([
      { method: 'REQUEST', state: 'sent', outcome: '250 queued as 1' },
    ]);
    const mail = await read(sunkFor(FAR)[0]);
    const sent = mail.attachments[0]?.content.toString().replaceAll(/\r\n[ \t]/g, '') ?? '';
    const to = /^ORGANIZER[^\r]*:mailto:([^\r]*)/m.exec(sent)?.[1] ?? '';
    expect(to).toMatch(/^answers\+[0-9a-z]{26}@calendar\.example\.com$/);
    world.server.time.now += MINUTE;
    await arrives({ to, from: 'private-account@example.com', lines: ACCEPTED, result: 'none' });
    expect(await stored()).toMatch(/PARTSTAT=ACCEPTED[^\r]*:mailto:far@example\.org/);
    const { answers, statuses, page } = await personOf(FAR);
    expect([answers, statuses, page]).toEqual([{ '': 'ACCEPTED' }, ['2.0'], 'unknown']);
    expect((await words()).at(-1)).toBe('answered');
    expect((await words(WIDE)).at(-1)).toBe('sent');
  });

  test('and to the organizer’s own address, from a sender who is proved', async () => {
    await put();
    await world.run(HOLD);
    await arrives({ lines: ACCEPTED });
    expect(await stored()).toMatch(/PARTSTAT=ACCEPTED[^\r]*:mailto:far@example\.org/);
  });
});

test('complaint 2: the answer page takes answers to what a sharee has put into a shared calendar', async () => {
  const shared = await shareCalendar(world.server, {
    sharer: 'alice',
    sharee: 'bob',
    access: 'read-write',
    uri: 'team',
  });
  const made = await putEvent(world.server, `${shared}m.ics`, meeting('m', guests, 'SUMMARY:Plan'), { as: 'bob' });
  expect(made.status).toBe(201);
  await world.run(HOLD);
  const { text = '' } = await read(sunkFor(FAR)[0]);
  const token = /\/invitation\/([0-9a-z]{26})/.exec(text)?.[1] ?? '';
  expect(await answerInvitation(world.server.context, token, { answer: 'TENTATIVE' })).toBe('done');
  expect(await stored()).toMatch(/PARTSTAT=TENTATIVE[^\r]*:mailto:far@example\.org/);
});

test('complaint 3: the links of a mail, called as a scanner calls them, answer nothing', async () => {
  await put();
  await world.run(HOLD);
  const mail = await read(sunkFor(FAR)[0]);
  const links = [...`${mail.text ?? ''} ${mail.html || ''}`.matchAll(/https:\/\/calendar\.example\.com(\/[^\s"<>]*)/g)];
  expect(links.length).toBeGreaterThan(2);
  const before = [await stored(), await words()];
  for (const [, path = ''] of links) {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      const { status } = await world.server.request(method, path.replaceAll('&amp;', '&'));
      expect(status).toBeLessThan(500);
    }
  }
  expect([await stored(), await words()]).toEqual(before);
});

test('complaint 5: a client knows that the server sends the mail, and one that sends it itself is not doubled', async () => {
  const { headers } = await world.server.request('OPTIONS', '/dav/calendars/alice/calendar/');
  expect(String(headers.dav)).toContain('calendar-auto-schedule');
  const own = [`ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:${FAR}`, `ATTENDEE:mailto:${WIDE}`];
  await putEvent(world.server, AT, meeting('m', own));
  expect(await stored()).toMatch(/SCHEDULE-STATUS="?1\.\d"?:mailto:wide@example\.net/);
  await world.run(HOLD);
  expect(world.sink.mails.map(({ to }) => to)).toEqual([WIDE]);
});

describe('complaint 6: an invitation that is not sent says so, and why', () => {
  test('where the server of the recipient refuses it', async () => {
    world.sink.rule = (to) => (to === FAR ? { code: 550, text: '5.1.1 no such user' } : undefined);
    await put();
    await world.run(HOLD);
    const { statuses, messages, events } = await personOf(FAR);
    expect(statuses).toMatchObject([expect.stringMatching(/^5\./)]);
    expect(messages).toMatchObject([{ state: 'failed', outcome: '550 5.1.1 no such user' }]);
    expect(events.at(-1)).toMatchObject({ what: 'failed', detail: expect.stringContaining('no such user') as string });
    await world.run(HOLD);
    expect((await read(sunkFor('alice@example.com')[0])).text).toMatch(/no such user/);
    expect((await personOf(WIDE)).messages).toMatchObject([{ state: 'sent' }]);
  });

  test('where there is no way to send mail', async () => {
    const { settings } = world.server.context;
    Object.assign(settings, { mail: undefined });
    await put();
    const { statuses, messages } = await personOf(FAR);
    expect([statuses, messages]).toEqual([['5.2'], []]);
  });
});

test('complaint 7: the calendar part is one of the alternatives, with the method that it has', async () => {
  await put();
  await world.run(HOLD);
  const { text } = sunkFor(FAR)[0]!;
  const alternative = /multipart\/alternative;\s*boundary="?([^"\r\n;]+)/i.exec(text)?.[1] ?? '';
  const parts = text.split(`--${alternative}`).slice(1, -1);
  expect(parts.map((part) => /content-type: *([\w/]+)/i.exec(part)?.[1])).toEqual([
    ...['text/plain', 'text/html', 'text/calendar'],
  ]);
  expect(parts.at(-1)).toMatch(/content-type: *text\/calendar;[^\n]*(?:\r\n[ \t][^\n]*)*method=REQUEST/i);
  const { attachments } = await read(sunkFor(FAR)[0]);
  for (const { content } of attachments) expect(content.toString()).toContain('METHOD:REQUEST');
});

test('complaint 8: every mail has its Date, and From is of a domain that the server may send for', async () => {
  await world.close();
  await start({ mail: { policy: { ...MAIL.policy, from: 'calendar@our.example', domains: ['our.example'] } } });
  await put();
  await world.run(HOLD);
  const mail = await read(sunkFor(FAR)[0]);
  expect(mail.date?.getTime()).toBe(world.server.time.now);
  expect(mail.from?.value[0]?.address).toBe('calendar@our.example');
  expect(mail.replyTo?.value[0]?.address).toBe('alice@example.com');
  expect(mail.messageId).toMatch(/@our\.example>$/);
});

test('complaint 11: a mail says what is another, as it was and is, and of which day', async () => {
  const rule = 'RRULE:FREQ=DAILY;COUNT=5';
  await put(rule, 'LOCATION:Hall');
  await world.run(HOLD);
  const series = await stored();
  const day = ['RECURRENCE-ID:20260304T090000Z', 'DTSTART:20260304T110000Z', 'DURATION:PT1H', 'LOCATION:Attic'];
  const people = ['ORGANIZER:mailto:alice@example.com', 'ATTENDEE:mailto:alice@example.com', ...guests];
  const override = [
    'BEGIN:VEVENT',
    'UID:m',
    'DTSTAMP:20260302T080000Z',
    'SUMMARY:Plan',
    ...day,
    ...people,
    'END:VEVENT',
  ];
  await putEvent(world.server, AT, series.replace('END:VCALENDAR', `${override.join('\r\n')}\r\nEND:VCALENDAR`));
  await world.run(HOLD);
  const [, update, ...more] = sunkFor(FAR);
  expect(more).toEqual([]);
  const { text = '', subject, attachments } = await read(update);
  expect(subject).toMatch(/^Updated invitation: Plan/);
  expect(text).toMatch(/4 March 2026/);
  expect(text).toContain('Hall');
  expect(text).toContain('Attic');
  expect(attachments[0]?.content.toString()).toMatch(/RECURRENCE-ID[^\r]*:20260304T090000Z/);
});

describe('complaint 14: what programs write otherwise than RFC 6047 has it is read nevertheless', () => {
  const FILES = ['proton-request', 'shape-application-ics', 'shape-method-nowhere', 'shape-method-in-mime-only'];
  test.each(FILES)('%s', async (name) => {
    const file = readFileSync(new URL(`../fixtures/imip/${name}.mail`, import.meta.url));
    expect(await runGolden(parseGolden(file))).toEqual([]);
  });
});

describe('complaint 16: what the server has decided to ignore or refuse can be seen', () => {
  test('with the reason, beside who has sent it', async () => {
    await put();
    await world.run(HOLD);
    await arrives({ lines: ACCEPTED, result: 'fail' });
    expect(await stored()).not.toContain('PARTSTAT=ACCEPTED:mailto:far');
    const last = (await personOf(FAR)).events.at(-1);
    expect(last?.what).toBe('refused');
    expect(last?.detail).not.toBe('');
  });

  test('also an answer that is older than the one that is known', async () => {
    await put();
    await world.run(HOLD);
    await arrives({ lines: ACCEPTED });
    const late = ACCEPTED.map((line) => line.replace('ACCEPTED', 'DECLINED'));
    await arrives({ lines: late, stamp: '20260303T090000Z' });
    expect(await stored()).toMatch(/PARTSTAT=ACCEPTED[^\r]*:mailto:far/);
    expect((await personOf(FAR)).events.slice(-2)).toMatchObject([
      { what: 'answered' },
      { what: 'ignored', detail: expect.stringContaining('a later answer is known') as string },
    ]);
  });

  test('and of a meeting that nobody here has', async () => {
    await arrives({ lines: ACCEPTED });
    const kept = await Array.fromAsync(inboundMails(world.server.context));
    expect(kept).toHaveLength(1);
    expect(kept[0]?.reason).not.toBe('');
  });
});

test('complaint 44: where guests do not see each other, no mail names another', async () => {
  await put('X-JMAP-HIDE-ATTENDEES;VALUE=BOOLEAN:TRUE');
  await world.run(HOLD);
  expect(world.sink.mails).toHaveLength(2);
  for (const { to, text } of world.sink.mails) {
    const mail = await simpleParser(text);
    const all = [text, mail.text ?? '', mail.html || '', ...mail.attachments.map(({ content }) => content.toString())];
    expect(all.join('\n')).toContain(to);
    expect(all.join('\n')).not.toContain(to === FAR ? WIDE : FAR);
  }
});

describe('complaint 47: nobody elsewhere is mailed', () => {
  const calendarOf = async (uri: string) => {
    const found = await collectionAt(world.server.context, 'alice', uri);
    if (found === undefined) throw new Error(`there is no ${uri}`);
    return found;
  };
  beforeEach(async () => {
    await put();
    await world.run(HOLD);
    await world.server.request('MKCALENDAR', '/dav/calendars/alice/other/');
  });

  test('by an import, of what is new and over what is there', async () => {
    const collection = await calendarOf('other');
    for (const [uid, uri] of [
      ['new', collection],
      ['m', await calendarOf('calendar')],
    ] as const) {
      const octets = Buffer.from(meeting(uid, guests, 'SUMMARY:Other', 'LOCATION:Attic'));
      await importObject(world.server.context, { collection: uri, name: `${uid}.ics`, octets });
    }
    await world.runOver(HOUR, MINUTE);
    expect(world.sink.mails).toHaveLength(2);
  });

  test('by a move between the own calendars', async () => {
    const moved = await world.server.request('MOVE', AT, {
      headers: { destination: '/dav/calendars/alice/other/m.ics' },
    });
    expect(moved.status).toBe(201);
    await world.runOver(HOUR, MINUTE);
    expect(world.sink.mails).toHaveLength(2);
    expect((await world.ledger()).length).toBe(2);
  });

  test('by a restore from the trash', async () => {
    Object.assign(world.server.context.settings, { historyDays: 30 });
    await world.server.request('DELETE', AT);
    await world.run(HOLD);
    expect(world.sink.mails).toHaveLength(4);
    const [item] = await trashOf(world.server.context, asPlainActor('alice'), 'alice');
    await restoreFromTrash(world.server.context, { actor: asPlainActor('alice'), homeId: 'alice', id: item?.id ?? '' });
    expect((await world.server.request('GET', AT)).status).toBe(200);
    await world.runOver(HOUR, MINUTE);
    expect(world.sink.mails).toHaveLength(4);
  });

  test('by a move into the calendar of somebody else, which is refused', async () => {
    const theirs = await shareCalendar(world.server, {
      sharer: 'bob',
      sharee: 'alice',
      access: 'read-write',
      uri: 'of-bob',
    });
    const moved = await world.server.request('MOVE', AT, { headers: { destination: `${theirs}m.ics` } });
    expect(moved.status).toBe(403);
    await world.runOver(HOUR, MINUTE);
    expect(world.sink.mails).toHaveLength(2);
    expect((await world.server.request('GET', AT)).status).toBe(200);
  });
});

describe('a change that can still be undone', () => {
  test('and is undone, is told to nobody: an undo sends 0', async () => {
    await put();
    await world.server.request('DELETE', AT);
    await world.runOver(HOUR, 5 * MINUTE);
    expect(world.sink.mails).toEqual([]);
    expect(await words()).toEqual(['planned', 'held', 'undone']);
    expect((await personOf(FAR)).messages).toMatchObject([{ state: 'undone' }]);
  });

  test('three within the time are one message', async () => {
    await put();
    await put('LOCATION:Hall');
    await put('LOCATION:Attic');
    await world.runOver(HOUR, MINUTE);
    expect([sunkFor(FAR).length, sunkFor(WIDE).length]).toEqual([1, 1]);
    expect((await read(sunkFor(FAR)[0])).text).toContain('Attic');
  });
});

describe('a resend by hand', () => {
  test('delivers once: the whole invitation, as a resend in the ledger', async () => {
    await put();
    await world.run(HOLD);
    expect(await resend(FAR)).toEqual({ recipient: `mailto:${FAR}`, method: 'REQUEST' });
    await world.runOver(HOUR, MINUTE);
    expect([sunkFor(FAR).length, sunkFor(WIDE).length]).toEqual([2, 1]);
    const [first, second] = await Promise.all(sunkFor(FAR).map(read));
    expect(second?.subject).toBe(first?.subject);
    expect(second?.messageId).not.toBe(first?.messageId);
    expect(second?.references).toEqual(first?.references);
    expect((await personOf(FAR)).messages).toMatchObject([
      { method: 'REQUEST', state: 'sent', resend: 0 },
      { method: 'REQUEST', state: 'sent', resend: 1 },
    ]);
    expect(await words()).toEqual([
      ...['planned', 'held', 'queued', 'sent', 'resent', 'planned', 'held', 'queued', 'sent'],
    ]);
  });

  test('of what was not delivered takes back its status, which is as for what is on its way', async () => {
    world.sink.rule = () => ({ code: 550, text: '5.2.1 mailbox disabled' });
    await put();
    await world.run(HOLD);
    expect((await personOf(FAR)).statuses).toMatchObject([expect.stringMatching(/^5\./)]);
    world.sink.rule = undefined;
    await resend(FAR);
    expect((await personOf(FAR)).statuses).toEqual(['1.0']);
    await world.run(HOLD);
    expect((await personOf(FAR)).messages.map(({ state }) => state)).toEqual(['failed', 'sent']);
  });

  test('of a cancellation that is over, too', async () => {
    Object.assign(world.server.context.settings, { historyDays: 30 });
    await put();
    await world.run(HOLD);
    await world.server.request('DELETE', AT);
    await world.run(HOLD);
    expect(await resend(FAR)).toMatchObject({ method: 'CANCEL' });
    await world.run(HOLD);
    const sent = sunkFor(FAR);
    expect(await Promise.all(sent.map(async (each) => (await read(each)).subject))).toEqual([
      ...['Invitation: Plan', 'Cancelled: Plan', 'Cancelled: Plan'],
    ]);
    const sequences = sent.map(({ text }) => /SEQUENCE:(\d+)/.exec(text)?.[1]);
    expect(sequences[2]).toBe(sequences[1]);
    expect((await personOf(FAR)).messages.at(-1)).toMatchObject({ method: 'CANCEL', resend: 1 });
  });

  test('is refused with its reason for who is here, who was never invited, and where the last waits', async () => {
    await putEvent(world.server, AT, meeting('m', ['bob', ...guests]));
    await expect(resend('bob@example.com')).rejects.toThrow(/^bob@example\.com is of this server/);
    await expect(resend('nobody@example.org')).rejects.toThrow(/^nobody@example\.org is not invited/);
    await expect(resend(FAR)).rejects.toThrow(/^far@example\.org is still to be sent/);
    await world.run(HOLD);
    expect(sunkFor(FAR)).toHaveLength(1);
  });
});
