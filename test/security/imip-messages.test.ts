import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { onlyEvent, pathsIn } from '../dav/meeting.ts';
import { cpu } from '../yardstick.ts';
import { imip, imipWorld, type ImipMail, type ImipWorld } from './imip-world.ts';

/** Security item 13: messages that are made to be misread, of a sender who has proven himself. */

let world: ImipWorld;
beforeEach(async () => {
  world = await imipWorld({ users: ['alice'] });
});
afterEach(() => world.close());

const BOSS = 'boss@far.example';
const PEOPLE = [`ORGANIZER:mailto:${BOSS}`, 'ATTENDEE:mailto:alice@example.com'];
const TIMES = ['DTSTART:20260304T100000Z', 'DTEND:20260304T110000Z'];

const mailOf = (more: Partial<ImipMail> & { readonly lines?: readonly string[] } = {}): string => {
  const { lines = ['SEQUENCE:1', 'SUMMARY:Plans'], ...mail } = more;
  return imip({ from: BOSS, method: 'REQUEST', events: [[...TIMES, ...PEOPLE, ...lines]], ...mail });
};
const arrives = async (mail: string) => world.arrives(await world.signed(mail));
const state = async () => (await world.last())?.state;
const calendar = () => pathsIn(world.server, 'alice', 'calendar');
const text = async () => (await onlyEvent(world.server, 'alice')).text;

describe('what is not said, or said twice', () => {
  test('without method= in Content-Type, METHOD of the calendar counts', async () => {
    await arrives(mailOf({ type: 'text/calendar; charset=utf-8' }));
    expect([await state(), (await calendar()).length]).toEqual(['taken', 1]);
  });

  test('as application/ics it is read all the same', async () => {
    await arrives(mailOf({ type: 'application/ics; name=invite.ics' }));
    expect([await state(), (await calendar()).length]).toEqual(['taken', 1]);
  });

  test('with another method= than METHOD, only one of them is done, and never a cancellation by Content-Type', async () => {
    await arrives(mailOf());
    await arrives(mailOf({ type: 'text/calendar; method=CANCEL', lines: ['SEQUENCE:2', 'SUMMARY:Plans'] }));
    expect(await text()).not.toContain('STATUS:CANCELLED');
  });

  test('without any method it is no message, and nothing is made of it', async () => {
    await arrives(mailOf({ type: 'text/calendar' }).replace('METHOD:REQUEST\r\n', ''));
    expect([await state(), await pathsIn(world.server, 'alice', 'inbox')]).toEqual(['unread', []]);
    expect(await calendar()).toEqual([]);
  });
});

describe('what is out of date', () => {
  const of = (sequence: number, stamp: string, summary: string): string =>
    mailOf({ stamp, lines: [`SEQUENCE:${sequence}`, `SUMMARY:${summary}`] });

  test('by SEQUENCE changes nothing when it comes again', async () => {
    const first = of(1, '20260302T080000Z', 'First');
    await arrives(first);
    await arrives(of(2, '20260302T080100Z', 'Second'));
    await arrives(first.replace('<', '<again-'));
    expect(await text()).toContain('SUMMARY:Second');
  });

  test('by DTSTAMP changes nothing', async () => {
    await arrives(of(1, '20260302T080100Z', 'Later'));
    await arrives(of(1, '20260302T080000Z', 'Earlier'));
    expect(await text()).toContain('SUMMARY:Later');
  });

  test('and comes after the cancellation brings nothing back', async () => {
    const invitation = of(1, '20260302T080000Z', 'Plans');
    await arrives(invitation);
    await arrives(mailOf({ method: 'CANCEL', stamp: '20260302T080100Z', lines: ['SEQUENCE:2'] }));
    await arrives(invitation.replace('<', '<again-'));
    expect(await text()).toContain('STATUS:CANCELLED');
  });

  test('the same mail, octet for octet, is dealt with once', async () => {
    const mail = await world.signed(mailOf());
    expect([await world.arrives(mail), await world.arrives(mail)]).toEqual(['taken', 'taken']);
    expect(await pathsIn(world.server, 'alice', 'inbox')).toHaveLength(1);
  });
});

test('a day of a series that is not here is that day alone, and no series', async () => {
  await arrives(mailOf({ lines: ['SEQUENCE:1', 'SUMMARY:One day', 'RECURRENCE-ID:20260304T100000Z'] }));
  expect([await state(), (await text()).match(/BEGIN:VEVENT/g)?.length]).toEqual(['taken', 1]);
  expect(await text()).toContain('RECURRENCE-ID');
});

test('a calendar with several UIDs, or several organizers of one, takes nothing over', async () => {
  const other = [...TIMES, 'SEQUENCE:1', 'RECURRENCE-ID:20260304T100000Z', 'ORGANIZER:mailto:ceo@big.example'];
  const events = [
    [...TIMES, ...PEOPLE, 'SEQUENCE:1', 'RRULE:FREQ=DAILY;COUNT=3'],
    [...other, 'ATTENDEE:mailto:alice@example.com'],
  ];
  await arrives(mailOf({ events }));
  expect([await state(), await calendar()]).toEqual(['unread', []]);
});

describe('what is too large', () => {
  test('as a calendar is kept as unread or refused, and nothing is made of it', async () => {
    const big = await imipWorld({ users: ['alice'], limits: { resourceOctets: 10_000 } });
    const mail = mailOf({ lines: ['SEQUENCE:1', `DESCRIPTION:${'x'.repeat(20_000)}`] });
    expect(await big.arrives(await big.signed(mail))).toBe('taken');
    expect([(await big.last())?.state, await pathsIn(big.server, 'alice', 'calendar')]).toEqual(['unread', []]);
    await big.close();
  });

  test('by its days is not looked through', async () => {
    const small = await imipWorld({ users: ['alice'], limits: { overridesPerResource: 10 } });
    const day = (n: number): string => `RECURRENCE-ID:202603${String(n).padStart(2, '0')}T100000Z`;
    const events = Array.from({ length: 20 }, (_, n) => [...TIMES, ...PEOPLE, 'SEQUENCE:1', day(n + 1)]);
    await small.arrives(await small.signed(mailOf({ events })));
    expect([(await small.last())?.state, await pathsIn(small.server, 'alice', 'calendar')]).toEqual(['unread', []]);
    await small.close();
  });

  test('by whom it names is not looked up', async () => {
    const guests = Array.from({ length: 200 }, (_, n) => `ATTENDEE:urn:uuid:${n}`);
    const events = Array.from({ length: 300 }, (_, n) => [
      ...[...TIMES, ...PEOPLE, ...guests.map((guest) => `${guest}-${n}`), `RECURRENCE-ID:2026${1000 + n}T100000Z`],
    ]);
    const before = cpu();
    await world.arrives(mailOf({ events }));
    // The tray is not for as much.
    expect(await state()).toBe('unread');
    // Each of the 60,000 would be asked for by three questions: five seconds.
    expect(cpu() - before).toBeLessThan(3000);
  });

  test('as a mail is refused before it is read', async () => {
    const small = await imipWorld({ users: ['alice'], limits: { inboundMailOctets: 5_000 } });
    await small.arrives(mailOf({ lines: ['SEQUENCE:1', `DESCRIPTION:${'x'.repeat(20_000)}`] }));
    expect([(await small.last())?.state, (await small.last())?.isKept]).toEqual(['unread', false]);
    await small.close();
  });
});

describe('MIME', () => {
  const head = [`From: ${BOSS}`, 'To: alice@example.com', 'Subject: x', 'MIME-Version: 1.0'];

  test('that nests without end is read to a depth, quickly', async () => {
    const depth = 2_000;
    const open = Array.from(
      { length: depth },
      (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}`,
    );
    const started = performance.now();
    await world.arrives([...head, ...open, 'Content-Type: text/calendar', '', 'BEGIN:VCALENDAR', ''].join('\r\n'));
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(await state()).toBe('unread');
  });

  test('of which a part has the boundary of what it is in ends where the outer one ends', async () => {
    const type = 'Content-Type: multipart/mixed; boundary=same';
    await world.arrives(
      [...head, type, '', '--same', type, '', '--same', type, '', '--same--', '--same--', ''].join('\r\n'),
    );
    expect([await state(), await calendar()]).toEqual(['unread', []]);
  });

  test('with more parts than anybody sends is not looked through', async () => {
    const parts = Array.from({ length: 3_000 }, () => '--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n');
    await world.arrives([...head, 'Content-Type: multipart/mixed; boundary=b', '', ...parts, '--b--', ''].join('\r\n'));
    expect([await state(), await calendar()]).toEqual(['unread', []]);
  });

  test('with a calendar that only a second, unsigned Content-Type shows is not believed', async () => {
    const mail = await world.signed(mailOf());
    await world.arrives(`Content-Type: text/calendar; method=REQUEST\r\n${mail.toString()}`);
    expect(await calendar()).toEqual([]);
  });
});
