import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { MINUTE, SECOND } from '../../src/base/clock.ts';
import { eventsOf } from '../../src/calendar/flight-recorder.ts';
import { concludeMail, dueMail, noteOffered, takeMail, type LeasedMail } from '../../src/calendar/outgoing-mail.ts';
import { receiveMessage } from '../../src/calendar/receive-message.ts';
import { parseCalendars } from '../../src/ical/parse.ts';
import { readMessage } from '../../src/itip/message.ts';
import { event, ics, MAIL, startDavServer, START, type DavServer } from '../dav-server.ts';
import { onlyEvent, putEvent } from '../dav/meeting.ts';

const AT = '/dav/calendars/alice/calendar/m.ics';
const FAR = 'mailto:far@example.org';
const HOLD = 30 * SECOND;
const random = (): number => 0.5;

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob'], settings: { mail: { ...MAIL, hold: HOLD } } });
});
afterEach(() => server.close());

interface Given {
  readonly start?: string;
  readonly summary?: string;
  readonly far?: string;
  readonly more?: readonly string[];
}

const meeting = ({ start = '20260310T090000Z', summary = 'Plan', far = '', more = [] }: Given = {}): string =>
  event(
    ...['m', `DTSTART:${start}`, 'DURATION:PT1H', `SUMMARY:${summary}`, 'ORGANIZER:mailto:alice@example.com'],
    ...['ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.com', `ATTENDEE;RSVP=TRUE${far}:${FAR}`, ...more],
  );

const put = (given?: Given) => putEvent(server, AT, meeting(given));
const stored = async (): Promise<string> => (await onlyEvent(server, 'alice')).text.replace(/\r\n /g, '');

/** What is due when so much time has passed, each sent at once. */
async function sent(after = HOLD): Promise<readonly LeasedMail[]> {
  server.time.now += after;
  const all: LeasedMail[] = [];
  for (;;) {
    const taken = await takeMail(server.context, { limit: 50 });
    if (taken.length === 0) return all;
    for (const each of taken) {
      await noteOffered(server.context, each, Buffer.from('mail'));
      await concludeMail(server.context, each, { kind: 'sent', answer: '250 ok' }, { random });
    }
    all.push(...taken);
  }
}

const textOf = ({ octets }: LeasedMail): string => Buffer.from(octets).toString();
const happened = async (): Promise<readonly string[]> =>
  (await eventsOf(server.context.store.db, 'alice', 'm')).map(({ what }) => what);

async function answered(partstat: string): Promise<void> {
  const text = ics(
    ...['METHOD:REPLY', 'BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260302T120000Z', 'DTSTART:20260310T090000Z'],
    ...['ORGANIZER:mailto:alice@example.com', `ATTENDEE;PARTSTAT=${partstat}:${FAR}`, 'END:VEVENT'],
  );
  const read = readMessage(parseCalendars(Buffer.from(text)).calendars[0]!);
  if ('fault' in read) throw new Error(read.fault);
  await receiveMessage(server.context, { to: 'mailto:alice@example.com', from: FAR, message: read.message });
}

describe('within the time in which a change can be undone', () => {
  test('an invitation is not offered, and afterwards it is, once', async () => {
    await put();
    expect(await stored()).toMatch(/SCHEDULE-STATUS="?1\.0"?:mailto:far/);
    expect(await takeMail(server.context, { limit: 5 })).toEqual([]);
    expect(await dueMail(server.context)).toBe(START + HOLD);
    const [mail, ...more] = await sent();
    expect(mail).toMatchObject({ method: 'REQUEST', uid: 'm', recipient: FAR, domain: 'example.org', why: 'invited' });
    expect(more).toEqual([]);
    expect(await sent()).toEqual([]);
    expect(await happened()).toEqual(['planned', 'held', 'queued', 'sent']);
  });

  test('three changes are one message, of what stands at last', async () => {
    await put();
    await put({ summary: 'Other' });
    await put({ summary: 'Other', start: '20260311T090000Z' });
    const [mail, ...more] = await sent();
    expect(more).toEqual([]);
    expect(mail?.why).toBe('invited');
    expect(textOf(mail!)).toContain('DTSTART:20260311T090000Z');
    expect(textOf(mail!)).toContain('SUMMARY:Other');
  });

  test('each change moves the message on, but not for ever', async () => {
    await put();
    for (let at = 0; at < 10; at++) {
      server.time.now += HOLD - SECOND;
      if ((await takeMail(server.context, { limit: 5 })).length > 0) break;
      await put({ summary: `Number ${at}` });
    }
    expect(server.time.now - START).toBeGreaterThanOrEqual(4 * HOLD);
    expect(server.time.now - START).toBeLessThan(5 * HOLD);
  });

  test('an invitation that is taken back was never one', async () => {
    await put();
    await server.request('DELETE', AT);
    expect(await sent()).toEqual([]);
    expect(await happened()).toEqual(['planned', 'held', 'undone']);
  });

  test('a meeting that is moved and moved back is told to nobody, and the answers stand as they stood', async () => {
    await put();
    await sent();
    await answered('ACCEPTED');
    expect(await stored()).toMatch(/ATTENDEE[^\r]*PARTSTAT=ACCEPTED[^\r]*:mailto:far/);
    await put({ start: '20260311T090000Z', far: ';PARTSTAT=ACCEPTED' });
    expect(await stored()).toMatch(/ATTENDEE[^\r]*PARTSTAT=NEEDS-ACTION[^\r]*:mailto:far/);
    await put({ far: ';PARTSTAT=NEEDS-ACTION' });
    expect(await stored()).toMatch(/ATTENDEE[^\r]*PARTSTAT=ACCEPTED[^\r]*:mailto:far/);
    expect(await sent()).toEqual([]);
    expect((await happened()).at(-1)).toBe('undone');
  });

  test('what is undone can be done again, and is no resend', async () => {
    await put();
    await sent();
    await put({ summary: 'Other' });
    await put();
    await put({ summary: 'Other' });
    expect(await sent()).toMatchObject([{ method: 'REQUEST', why: 'changed', resend: 0 }]);
  });

  test('a meeting that was told of, changed and then removed is cancelled, and nothing else is said', async () => {
    await put();
    await sent();
    await put({ summary: 'Other' });
    await server.request('DELETE', AT);
    expect(await sent()).toMatchObject([{ method: 'CANCEL', why: 'cancelled' }]);
  });

  test('a meeting that is removed and made again is still the meeting', async () => {
    await put();
    await sent();
    await server.request('DELETE', AT);
    await put();
    expect(await sent()).toEqual([]);
  });

  test('a day that is taken out and put back is told to nobody', async () => {
    const days = ['RRULE:FREQ=DAILY;COUNT=5'];
    await put({ more: days });
    await sent();
    await put({ more: [...days, 'EXDATE:20260311T090000Z'] });
    await put({ more: days });
    expect(await sent()).toEqual([]);
  });

  test('two days that are taken out one after the other are one cancellation', async () => {
    const days = ['RRULE:FREQ=DAILY;COUNT=5'];
    await put({ more: days });
    await sent();
    await put({ more: [...days, 'EXDATE:20260311T090000Z'] });
    await put({ more: [...days, 'EXDATE:20260311T090000Z,20260312T090000Z'] });
    const [mail, ...more] = await sent();
    expect(more).toEqual([]);
    expect(mail).toMatchObject({ method: 'CANCEL', instance: '20260311T090000Z 20260312T090000Z' });
  });

  test('who is invited to one day, then to all, and then to the day alone again is told nothing', async () => {
    const second = 'ATTENDEE:mailto:second@example.net';
    const days = ['RRULE:FREQ=DAILY;COUNT=5'];
    const day = /BEGIN:VEVENT[^]*END:VEVENT\r\n/.exec(meeting({ start: '20260312T100000Z', more: [second] }))![0];
    const own = day.replace('DTSTART', 'RECURRENCE-ID:20260312T090000Z\r\nDTSTART');
    const putWith = (more: readonly string[]) =>
      putEvent(server, AT, meeting({ more }).replace('END:VCALENDAR', `${own}END:VCALENDAR`));
    await putWith(days);
    expect((await sent()).map(({ instance }) => instance).sort()).toEqual(['', '20260312T090000Z']);
    await putWith([...days, second]);
    await putWith(days);
    expect(await sent()).toEqual([]);
    // Told of all, he is told that but the day is left.
    await putWith([...days, second]);
    await sent();
    await putWith(days);
    expect((await sent()).map(({ method }) => method)).toEqual(['CANCEL', 'REQUEST']);
  });

  test('who is taken out and invited again is told nothing', async () => {
    const second = 'ATTENDEE:mailto:second@example.net';
    await put({ more: [second] });
    await sent();
    await put();
    await put({ more: [second] });
    expect(await sent()).toEqual([]);
  });
});

describe('a mail for several changes tells what is different for who reads it', () => {
  const days = ['RRULE:FREQ=DAILY;COUNT=5'];
  const OFF = 'EXDATE:20260311T090000Z';

  test('and not that a day takes place again of which nobody has heard that it was off', async () => {
    await put({ more: days });
    await sent();
    await put({ more: [...days, OFF] });
    await put({ summary: 'Other', more: days });
    const mails = await sent();
    expect(mails).toMatchObject([{ method: 'REQUEST', why: 'changed', changes: [{ instance: '', what: 'changed' }] }]);
    expect(mails[0]?.changes).toHaveLength(1);
  });

  test('and not that a day is off which they know to be off', async () => {
    await put({ more: [...days, OFF] });
    await sent();
    await put({ more: days });
    await put({ summary: 'Other', more: [...days, OFF] });
    const mails = await sent();
    expect(mails).toMatchObject([{ method: 'REQUEST', why: 'changed' }]);
    expect(mails[0]?.changes.map(({ instance, what }) => [instance, what])).toEqual([['', 'changed']]);
  });

  test('and that a day takes place again, at whatever time at last', async () => {
    await put({ more: [...days, OFF] });
    await sent();
    await put({ more: days });
    const day = /BEGIN:VEVENT[^]*END:VEVENT\r\n/.exec(meeting({ start: '20260311T100000Z' }))![0];
    const moved = day.replace('DTSTART', 'RECURRENCE-ID:20260311T090000Z\r\nDTSTART');
    await putEvent(server, AT, meeting({ more: days }).replace('END:VCALENDAR', `${moved}END:VCALENDAR`));
    const [mail] = await sent();
    expect(mail?.changes).toMatchObject([{ instance: '20260311T090000Z', what: 'reinstated' }]);
  });
});

describe('after a message that did not arrive', () => {
  const days = ['RRULE:FREQ=DAILY;COUNT=5'];
  const moved = (summary: string): string =>
    meeting({ more: days }).replace('END:VCALENDAR', `${dayOf(summary)}END:VCALENDAR`);
  const dayOf = (summary: string): string =>
    /BEGIN:VEVENT[^]*END:VEVENT\r\n/
      .exec(meeting({ start: '20260312T100000Z', summary }))![0]
      .replace('DTSTART', 'RECURRENCE-ID:20260312T090000Z\r\nDTSTART');

  async function refused(): Promise<void> {
    server.time.now += HOLD;
    for (const each of await takeMail(server.context, { limit: 5 })) {
      const outcome = { kind: 'refused', reason: '550 5.1.1 no such user', status: '5.1.1' } as const;
      if (each.method !== 'NOTICE') await concludeMail(server.context, each, outcome, { random });
    }
  }

  test('who was invited in vain is invited to all of it by the next change, also of one day', async () => {
    await put({ more: days });
    await refused();
    await putEvent(server, AT, moved('Other'));
    const mails = (await sent()).filter(({ method }) => method !== 'NOTICE');
    expect(mails).toMatchObject([{ method: 'REQUEST', why: 'invited', instance: '' }]);
    expect(textOf(mails[0]!)).toMatch(/RRULE[^]*SUMMARY:Other/);
  });

  test('who was invited before there was a mail server is invited by the next change', async () => {
    await server.close();
    server = await startDavServer({ users: ['alice', 'bob'], settings: { mail: undefined } });
    await put({ more: days });
    Object.assign(server.context.settings, { mail: { ...MAIL, hold: HOLD } });
    await putEvent(server, AT, moved('Other'));
    const mails = await sent();
    expect(mails).toMatchObject([{ method: 'REQUEST', why: 'invited', instance: '' }]);
    expect(await stored()).toMatch(/SCHEDULE-STATUS="?1\.0"?:mailto:far/);
    await put({ more: days });
    expect(await sent()).toMatchObject([{ method: 'REQUEST', why: 'changed' }]);
  });

  test('who knows an earlier state is told all that is different, not one day of it alone', async () => {
    await put({ more: days });
    await sent();
    await put({ summary: 'Lost', more: days });
    await refused();
    await putEvent(server, AT, moved('Other').replace('SUMMARY:Plan', 'SUMMARY:Lost'));
    const mails = (await sent()).filter(({ method }) => method !== 'NOTICE');
    expect(mails).toMatchObject([{ method: 'REQUEST', why: 'changed', instance: '' }]);
    expect(textOf(mails[0]!)).toMatch(/SUMMARY:Lost[^]*SUMMARY:Other/);
  });

  test('what is taken back before it was invited to once more is told to nobody', async () => {
    await put();
    await refused();
    await put({ summary: 'Other' });
    await server.request('DELETE', AT);
    expect((await sent()).filter(({ method }) => method !== 'NOTICE')).toEqual([]);
  });
});

test('a second legitimate answer goes, and so does a third that is as the first', async () => {
  const invitation = ics(
    ...['METHOD:REQUEST', 'BEGIN:VEVENT', 'UID:theirs', 'DTSTAMP:20260301T000000Z', 'DTSTART:20260310T090000Z'],
    ...['DURATION:PT1H', `ORGANIZER:${FAR}`, 'ATTENDEE;RSVP=TRUE:mailto:bob@example.com', 'END:VEVENT'],
  );
  const read = readMessage(parseCalendars(Buffer.from(invitation)).calendars[0]!);
  if ('fault' in read) throw new Error(read.fault);
  await receiveMessage(server.context, { to: 'mailto:bob@example.com', from: FAR, message: read.message });
  const answer = async (partstat: string): Promise<void> => {
    const { path, text } = await onlyEvent(server, 'bob');
    const body = text.replace(/ATTENDEE[^:\r]*:mailto:bob/, `ATTENDEE;PARTSTAT=${partstat}:mailto:bob`);
    expect((await putEvent(server, path, body, { as: 'bob' })).status).toBe(204);
    server.time.now += SECOND;
  };
  const said: string[] = [];
  for (const partstat of ['ACCEPTED', 'DECLINED', 'ACCEPTED']) {
    await answer(partstat);
    for (const mail of await sent())
      said.push(`${mail.method} ${/PARTSTAT=(\w+)/.exec(textOf(mail))?.[1]} ${mail.resend}`);
  }
  expect(said).toEqual(['REPLY ACCEPTED 0', 'REPLY DECLINED 0', 'REPLY ACCEPTED 1']);
  // Within the time, the last one alone.
  await answer('DECLINED');
  await answer('TENTATIVE');
  expect((await sent()).map((mail) => /PARTSTAT=(\w+)/.exec(textOf(mail))?.[1])).toEqual(['TENTATIVE']);
  await answer('ACCEPTED');
  await answer('TENTATIVE');
  expect(await sent()).toEqual([]);
});

test('with no time to undo, each change is a message that is queued at once', async () => {
  await server.close();
  server = await startDavServer({ users: ['alice', 'bob'] });
  await put();
  server.time.now += MINUTE;
  await put({ summary: 'Other' });
  await put();
  expect((await sent(0)).map(({ method, resend }) => [method, resend])).toEqual([
    ['REQUEST', 0],
    ['REQUEST', 0],
    ['REQUEST', 1],
  ]);
});

test('without a mail server nobody elsewhere is told, and SCHEDULE-STATUS says so', async () => {
  await server.close();
  server = await startDavServer({ users: ['alice', 'bob'], settings: { mail: undefined } });
  await put();
  expect(await stored()).toMatch(/SCHEDULE-STATUS="?5\.2"?:mailto:far/);
  expect(await sent(0)).toEqual([]);
});

test('changes that many are told are put together for those who are alike, and the ledger has each once', async () => {
  const guests = Array.from({ length: 30 }, (_, at) => `ATTENDEE:mailto:guest${at}@example.net`);
  await put({ more: guests });
  await sent();
  for (const summary of ['One', 'Two', 'Three']) await put({ summary, more: guests.slice(0, 29) });
  const mails = await sent();
  const rows = await server.context.store.db.selectFrom('mail_messages').select('state').execute();
  expect(rows.filter(({ state }) => state === 'sent')).toHaveLength(31 + 31);
  expect(mails.filter(({ method }) => method === 'REQUEST')).toHaveLength(30);
  expect(mails.filter(({ method }) => method === 'CANCEL').map(({ recipient }) => recipient)).toEqual([
    'mailto:guest29@example.net',
  ]);
  for (const mail of mails.filter(({ method }) => method === 'REQUEST')) {
    expect(textOf(mail)).toContain('SUMMARY:Three');
  }
});
