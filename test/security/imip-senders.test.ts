import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asPrincipalId } from '../../src/base/ids.ts';
import { unnamed } from '../../src/calendar/author.ts';
import { ensureHome } from '../../src/calendar/create-home.ts';
import { acceptTrayItem } from '../../src/calendar/tray.ts';
import { trustSender } from '../../src/calendar/trusted-senders.ts';
import { savePrincipal } from '../../src/store/principals.ts';
import { queuedMessages } from '../../src/store/mail-messages.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from '../dav/meeting.ts';
import { ics } from '../dav-server.ts';
import { imip, imipWorld, type ImipMail, type ImipWorld } from './imip-world.ts';

/** Security item 13: what comes by mail is what its sender may say, and nothing else. */

let world: ImipWorld;
beforeEach(async () => {
  world = await imipWorld({ users: ['alice', 'bob'], authserv: 'mx.example.com' });
});
afterEach(() => world.close());

const AT = '/dav/calendars/alice/calendar/m.ics';
const TIMES = ['DTSTART:20260304T100000Z', 'DTEND:20260304T110000Z', 'SUMMARY:Plans'];
const BOSS = 'Boss <boss@far.example>';

const invitation = (lines: readonly string[] = [], more: Partial<ImipMail> = {}): string =>
  imip({
    ...{ from: BOSS, method: 'REQUEST' },
    events: [
      [...TIMES, 'SEQUENCE:1', 'ORGANIZER:mailto:boss@far.example', 'ATTENDEE:mailto:alice@example.com', ...lines],
    ],
    ...more,
  });

const answerLines = (attendee: string, ...more: readonly string[]): readonly string[] => [
  ...['ORGANIZER:mailto:alice@example.com', `ATTENDEE;PARTSTAT=ACCEPTED${attendee}`, 'SEQUENCE:0', ...more],
];
const answer = (from: string, attendee = `:mailto:${from}`, more: Partial<ImipMail> = {}): string =>
  imip({ from, method: 'REPLY', events: [answerLines(attendee)], ...more });

const signedFrom = async (mail: string, more = {}) => world.arrives(await world.signed(mail), more);
const state = async () => (await world.last())?.state;
const reason = async () => (await world.last())?.reason;
const calendar = () => pathsIn(world.server, 'alice', 'calendar');
const text = async () => (await onlyEvent(world.server, 'alice')).text;

describe('a forged From', () => {
  test('of a domain that says what is its own is refused, with the reason for who should have got it', async () => {
    world.zone.txt('_dmarc.far.example', 'v=DMARC1; p=reject');
    expect(await world.arrives(invitation())).toBe('taken');
    expect([await state(), await calendar()]).toEqual(['refused', []]);
    expect(await world.tray('alice')).toMatchObject([
      { state: 'refused', reason: 'far.example says that mail like this is not its own (DMARC)' },
    ]);
  });

  test('of a domain that says nothing waits outside the calendar, until its receiver says that it is right', async () => {
    await world.arrives(invitation());
    expect([await state(), await calendar()]).toEqual(['tray', []]);
    const [item] = await world.tray('alice');
    await acceptTrayItem(world.server.context, item!.id, { trust: 'address', by: unnamed('restore') });
    expect(await text()).toContain('SEQUENCE:1');
    await world.arrives(invitation().replace('SEQUENCE:1', 'SEQUENCE:2'));
    expect(await text()).toContain('SEQUENCE:2');
  });

  test('of the server’s own Authentication-Results, written by the sender, proves nothing', async () => {
    const forged = 'Authentication-Results: mx.example.com; dmarc=pass header.from=far.example';
    await world.arrives(invitation([], { headers: [forged] }));
    expect(await state()).toBe('tray');
    await world.arrives(`${forged}\r\n${invitation()}`, { source: 'smtp' });
    expect(await calendar()).toEqual([]);
  });

  test('of an address of this server is refused, not kept for a click', async () => {
    const mail = invitation([], { from: 'bob@example.com' }).replaceAll('boss@far', 'bob@');
    await world.arrives(mail.replace('ORGANIZER:mailto:bob@.example', 'ORGANIZER:mailto:bob@example.com'));
    expect([await state(), await calendar()]).toEqual(['refused', []]);
    expect(await reason()).toContain('an address of this server');
  });
});

describe('DKIM', () => {
  test('that passes puts the invitation into the calendar', async () => {
    await signedFrom(invitation());
    expect([await state(), (await calendar()).length]).toEqual(['taken', 1]);
  });

  test('that fails because the mail was changed puts it into the tray', async () => {
    const changed = (await world.signed(invitation())).toString().replace('SUMMARY:Plans', 'SUMMARY:Money');
    await world.arrives(changed);
    expect([await state(), await calendar()]).toEqual(['tray', []]);
  });

  test('of a domain that looks alike proves only that', async () => {
    // The o of the domain is Cyrillic.
    await signedFrom(invitation([], { from: 'Boss <boss@xn--far-4ddb.example>' }));
    expect([await state(), await calendar()]).toEqual(['tray', []]);
    expect(await reason()).toContain('It is from boss@xn--far-4ddb.example');
  });
});

test('SPF counts for mail that comes straight from outside', async () => {
  world.zone.txt('far.example', 'v=spf1 ip4:192.0.2.1 -all');
  const from = (address: string) => ({ source: 'smtp', client: { address, helo: 'mx.far.example' } }) as const;
  await world.arrives(invitation(), from('198.51.100.1'));
  expect(await state()).toBe('refused');
  await world.arrives(invitation(), from('192.0.2.1'));
  expect([await state(), (await calendar()).length]).toEqual(['taken', 1]);
});

test('mail that cannot be judged because the DNS is away comes again', async () => {
  world.zone.fails('_dmarc.far.example', 'ETIMEOUT');
  expect(await world.arrives(invitation())).toBe('later');
  expect(await calendar()).toEqual([]);
});

describe('a forged organizer', () => {
  test.each([
    ['is another than who has sent it', ':mailto:ceo@big.example'],
    ['says that who has sent it sends for him', ';SENT-BY="mailto:mallory@evil.example":mailto:ceo@big.example'],
  ])('that %s waits in the tray', async (_, organizer) => {
    const mail = invitation([], { from: 'CEO <mallory@evil.example>' });
    await signedFrom(mail.replace(':mailto:boss@far.example', organizer));
    expect([await state(), await calendar()]).toEqual(['tray', []]);
  });

  test('of this server, who has the meeting here, is refused though the mail proves itself', async () => {
    await putEvent(world.server, AT, meeting('m', ['bob']));
    const mail = invitation([], { from: 'alice@example.com' });
    await signedFrom(mail.replace(':mailto:boss@far.example', ':mailto:alice@example.com'), { to: 'bob@example.com' });
    expect(await state()).toBe('refused');
    expect((await onlyEvent(world.server, 'bob')).text).not.toContain('Plans');
  });

  test('who was another before is refused: nobody takes a meeting over', async () => {
    await signedFrom(invitation());
    const taken = invitation(['SUMMARY:Mine now'], { from: 'mallory@evil.example' });
    await signedFrom(
      taken.replace('SEQUENCE:1', 'SEQUENCE:9').replace(':mailto:boss@far.example', ':mailto:mallory@evil.example'),
    );
    expect(await state()).toBe('refused');
    expect(await text()).not.toContain('evil.example');
  });

  test('keeps no invitation away by cancelling it before it is here', async () => {
    const early = (from: string, sequence: number): string =>
      invitation([], { from, method: 'CANCEL' })
        .replace('SEQUENCE:1', `SEQUENCE:${sequence}`)
        .replace(':mailto:boss@far.example', `:mailto:${from}`);
    await signedFrom(early('mallory@evil.example', 9));
    expect(await state()).toBe('taken');
    await signedFrom(invitation());
    expect(await text()).toContain('SUMMARY:Plans');
    await signedFrom(early('boss@far.example', 2));
    expect(await text()).toContain('CANCELLED');
  });

  test('cancels nothing', async () => {
    await signedFrom(invitation());
    const cancel = (from: string, organizer: string): string =>
      invitation([], { from, method: 'CANCEL' })
        .replace('SEQUENCE:1', 'SEQUENCE:2')
        .replace(':mailto:boss@far.example', `:mailto:${organizer}`);
    await signedFrom(cancel('mallory@evil.example', 'mallory@evil.example'));
    expect(await state()).toBe('refused');
    await signedFrom(cancel('mallory@evil.example', 'boss@far.example'));
    expect(await state()).toBe('tray');
    expect(await text()).not.toContain('CANCELLED');
    await signedFrom(cancel('boss@far.example', 'boss@far.example'));
    expect(await text()).toContain('CANCELLED');
  });
});

describe('an answer', () => {
  const FAR = 'far@far.example';
  const NEAR = 'near@near.example';
  beforeEach(async () => {
    const guests = [`ATTENDEE:mailto:${FAR}`, `ATTENDEE:mailto:${NEAR}`];
    await putEvent(world.server, AT, meeting('m', guests, 'RRULE:FREQ=DAILY;COUNT=5'));
  });
  const isAccepted = async (address: string): Promise<boolean> =>
    new RegExp(`PARTSTAT=ACCEPTED[^:]*:mailto:${address}`).test(await text());

  test('of a verified attendee is taken', async () => {
    await signedFrom(answer(FAR));
    expect([await state(), await isAccepted(FAR)]).toEqual(['taken', true]);
  });

  test('of an attendee of whom nothing is proven waits in the organizer’s tray', async () => {
    await world.arrives(answer(FAR));
    expect([await state(), await isAccepted(FAR)]).toEqual(['tray', false]);
    const [item] = await world.tray('alice');
    await acceptTrayItem(world.server.context, item!.id, { trust: 'no', by: unnamed('restore') });
    expect(await isAccepted(FAR)).toBe(true);
  });

  test('that is forged is refused', async () => {
    world.zone.txt('_dmarc.far.example', 'v=DMARC1; p=quarantine');
    await world.arrives(answer(FAR));
    expect([await state(), await isAccepted(FAR)]).toEqual(['refused', false]);
  });

  test.each<readonly [string, ReturnType<typeof answerLines>[]]>([
    ['alone', [answerLines(`:mailto:${FAR}`)]],
    ['as whoever SENT-BY says', [answerLines(`;SENT-BY="mailto:${NEAR}":mailto:${FAR}`)]],
    [
      'behind an own one',
      [answerLines(`:mailto:${NEAR}`), answerLines(`:mailto:${FAR}`, 'RECURRENCE-ID:20260303T090000Z')],
    ],
    [
      'behind an own one, as whoever SENT-BY says',
      [
        answerLines(`:mailto:${NEAR}`),
        answerLines(`;SENT-BY="mailto:${NEAR}":mailto:${FAR}`, 'RECURRENCE-ID:20260303T090000Z'),
      ],
    ],
    [
      'as one who delegates to him',
      [
        [
          ...answerLines(`;DELEGATED-TO="mailto:${NEAR}":mailto:${FAR}`),
          `ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-FROM="mailto:${FAR}":mailto:${NEAR}`,
        ],
      ],
    ],
  ])('of one attendee for another, %s, answers for nobody else', async (_, events) => {
    await signedFrom(imip({ from: NEAR, method: 'REPLY', events }));
    expect(await isAccepted(FAR)).toBe(false);
    expect(await text()).not.toContain('DELEGATED');
  });

  test('of a stranger is refused, and he is not in the event', async () => {
    await signedFrom(answer('stranger@evil.example'));
    expect(await state()).toBe('refused');
    expect(await text()).not.toContain('stranger');
  });

  test('that is older than the last one changes nothing', async () => {
    const of = (stamp: string, partstat: string): string =>
      answer(FAR, `:mailto:${FAR}`, { stamp }).replace('=ACCEPTED', partstat);
    await signedFrom(of('20260302T080200Z', '=DECLINED'));
    await signedFrom(of('20260302T080100Z', '=ACCEPTED'));
    expect([await state(), await isAccepted(FAR)]).toEqual(['taken', false]);
  });

  test('to a reply address is its recipient’s, whoever has sent it', async () => {
    const to = await world.replyAddress('m', `mailto:${FAR}`);
    await world.arrives(answer('phone@elsewhere.example', `:mailto:${FAR}`), { to });
    expect([await state(), await isAccepted(FAR)]).toEqual(['taken', true]);
  });

  test('to a reply address is for nobody but its recipient, and for no other meeting', async () => {
    const to = await world.replyAddress('m', `mailto:${NEAR}`);
    await world.arrives(answer(FAR), { to });
    expect([await state(), await isAccepted(FAR)]).toEqual(['tray', false]);
    await putEvent(world.server, AT.replace('m.ics', 'n.ics'), meeting('n', [`ATTENDEE:mailto:${NEAR}`]));
    await world.arrives(answer(NEAR, `:mailto:${NEAR}`, { uid: 'n' }), { to });
    expect(await state()).toBe('tray');
  });

  test('to a reply address whose token is none is refused', async () => {
    const to = (await world.replyAddress('m', `mailto:${FAR}`)).replace(/.@/, (end) => (end === 'a@' ? 'b@' : 'a@'));
    await world.arrives(answer(FAR), { to });
    expect(await isAccepted(FAR)).toBe(false);
  });

  test('of somebody of this server, by mail, is refused: his copy here is what counts', async () => {
    await putEvent(world.server, AT, meeting('m', ['bob', `ATTENDEE:mailto:${FAR}`, `ATTENDEE:mailto:${NEAR}`]));
    await signedFrom(answer('bob@example.com'));
    expect([await state(), await isAccepted('bob@example.com')]).toEqual(['refused', false]);
  });

  test('of somebody of this server is refused also behind very many others, for whom a colleague speaks', async () => {
    await putEvent(world.server, AT, meeting('m', ['bob']));
    const others = Array.from({ length: 300 }, (_, n) => `ATTENDEE:mailto:${n}@far.example`);
    const events = [[...TIMES, ...answerLines(':mailto:x@far.example').toSpliced(1, 1, ...others)]];
    const bob = 'ATTENDEE;SENT-BY="mailto:mallory@example.com":mailto:bob@example.com';
    await signedFrom(imip({ from: 'mallory@example.com', method: 'COUNTER', events: [[...events[0]!, bob]] }));
    expect(await state()).toBe('refused');
  });

  test('that delegates to who is invited himself, and takes that back, takes nobody out', async () => {
    await signedFrom(answer(NEAR));
    const of = (stamp: string, params: string): string =>
      answer(FAR, `:mailto:${FAR}`, { stamp }).replace('=ACCEPTED', params);
    await signedFrom(of('20260302T080100Z', `=DELEGATED;DELEGATED-TO="mailto:${NEAR}"`));
    await signedFrom(of('20260302T080200Z', '=DECLINED'));
    expect([await state(), await isAccepted(NEAR)]).toEqual(['taken', true]);
  });

  test('that names delegates again and again has only so many of them mailed', async () => {
    for (let minute = 1; minute <= 6; minute += 1) {
      const named = Array.from({ length: 10 }, (_, at) => `"mailto:guest${minute}-${at}@victim.example"`).join(',');
      const params = `=DELEGATED;DELEGATED-TO=${named}`;
      const stamp = `20260302T080${minute}00Z`;
      await signedFrom(answer(FAR, `:mailto:${FAR}`, { stamp }).replace('=ACCEPTED', params));
    }
    const rows = await world.server.context.store.db
      .selectFrom('mail_messages')
      .select('recipient')
      .distinct()
      .where('recipient', 'like', '%victim.example')
      .execute();
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThanOrEqual(world.server.context.limits.mailDelegatesPerHour);
  });

  test.each([
    ['PARTSTAT', `=X-${'y'.repeat(1000)}`],
    ['SENT-BY', `=ACCEPTED;SENT-BY="mailto:${'y'.repeat(1000)}@far.example"`],
    ['a delegate', `=DELEGATED;DELEGATED-TO="mailto:${'y'.repeat(1000)}@far.example"`],
  ])('that says more of %s than there is to say is refused, and leaves room for others', async (_, params) => {
    const before = await text();
    await signedFrom(answer(FAR).replace('=ACCEPTED', params));
    expect([await state(), await text()]).toEqual(['refused', before]);
  });

  test('has a few codes of REQUEST-STATUS, and no list that fills the event', async () => {
    const codes = ['2.0;Success', `2.${'8'.repeat(5000)}`, ...Array.from({ length: 500 }, () => '2.8;Success')];
    const lines = answerLines(`:mailto:${FAR}`, ...codes.map((code) => `REQUEST-STATUS:${code}`));
    await signedFrom(imip({ from: FAR, method: 'REPLY', events: [lines] }));
    expect(await text()).toMatch(/SCHEDULE-STATUS="2.0,2.8,2.8,2.8"[^:]*:mailto:far@/);
  });

  test('has a word for the organizer, and no book, and nothing that controls a terminal', async () => {
    const lines = answerLines(`:mailto:${FAR}`, `COMMENT:a\u001b[31mb${'x'.repeat(100_000)}`);
    await signedFrom(imip({ from: FAR, method: 'REPLY', events: [lines] }));
    expect(await isAccepted(FAR)).toBe(true);
    expect((await text()).length).toBeLessThan(12_000);
    expect(await text()).toContain(':a [31mbx');
  });

  test('tells how many come along, and what the organizer alone is told', async () => {
    const lines = answerLines(`;X-NUM-GUESTS=2:mailto:${FAR}`, 'COMMENT:I bring cake');
    await signedFrom(imip({ from: FAR, method: 'REPLY', events: [lines] }));
    expect(await text()).toMatch(/X-NUM-GUESTS=2[^:]*:mailto:far@/);
    expect(await text()).toMatch(/X-CALENDARSERVER-ATTENDEE-COMMENT[^:]*mailto:far@far\.example.*:I bring cake/);
    expect(await text()).not.toMatch(/^COMMENT/m);
    await signedFrom(answer(FAR, `;X-NUM-GUESTS=0:mailto:${FAR}`, { stamp: '20260302T080100Z' }));
    expect(await text()).not.toContain('X-NUM-GUESTS');
    await signedFrom(answer(FAR, `;X-NUM-GUESTS=99999999:mailto:${FAR}`, { stamp: '20260302T080200Z' }));
    expect(await text()).not.toContain('X-NUM-GUESTS');
  });

  test('that asks for the present revision is given it by mail, a program not, and so often in an hour', async () => {
    const asking = (more: Partial<ImipMail> = {}): string =>
      imip({
        ...{ from: FAR, method: 'REFRESH' },
        events: [['ORGANIZER:mailto:alice@example.com', `ATTENDEE:mailto:${FAR}`]],
        ...more,
      });
    const requests = async () =>
      (await queuedMessages(world.server.context.store.db, 'alice')).filter(({ recipient }) => recipient.includes(FAR))
        .length;
    const before = await requests();
    await signedFrom(asking({ headers: ['Auto-Submitted: auto-replied'] }));
    expect(await requests()).toBe(before);
    for (let n = 0; n < 40; n++) {
      world.server.time.now += 1000;
      await signedFrom(asking());
    }
    const made = (await requests()) - before;
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThanOrEqual(world.server.context.limits.mailAnswersPerHour);
  });
});

describe('a room', () => {
  beforeEach(async () => {
    const { context, time } = world.server;
    await context.store.write(async (tx) => {
      const spec = { id: asPrincipalId('room'), kind: 'room' as const, name: 'Room', emails: ['room@example.com'] };
      const { principal } = await savePrincipal(tx, spec, time.now);
      await ensureHome(tx, principal, [{ uri: 'calendar', name: 'Calendar', components: ['VEVENT'] }], time.now);
    });
  });
  const booking = (sequence = 1): string =>
    invitation(['ATTENDEE:mailto:room@example.com']).replace('SEQUENCE:1', `SEQUENCE:${sequence}`);
  const answers = async () =>
    (await queuedMessages(world.server.context.store.db, 'room')).map(
      ({ method, recipient }) => `${method} ${recipient}`,
    );

  test('answers an organizer elsewhere who has proven himself, by mail, and nobody else', async () => {
    const to = 'room@example.com';
    await world.arrives(booking(), { to });
    expect(await answers()).toEqual([]);
    await signedFrom(booking(), { to });
    expect(await answers()).toEqual(['REPLY mailto:boss@far.example']);
  });

  test('answers only so often in an hour', async () => {
    const { context, time } = world.server;
    const most = context.limits.mailAnswersPerHour;
    for (let n = 1; n <= most + 10; n++) {
      time.now += 1000;
      const moved = booking(n).replace('T100000Z', `T10${String(n % 60).padStart(2, '0')}00Z`);
      await signedFrom(moved, { to: 'room@example.com' });
    }
    const made = (await answers()).length;
    expect([made > 1, made <= most]).toEqual([true, true]);
  });
});

test('who is trusted is taken without proof, but not where his domain says that it is forged', async () => {
  await trustSender(world.server.context, { homeId: 'alice', sender: '@far.example', by: unnamed('restore') });
  await world.arrives(invitation());
  expect([await state(), (await calendar()).length]).toEqual(['taken', 1]);
  world.zone.txt('_dmarc.far.example', 'v=DMARC1; p=reject');
  await world.arrives(invitation(['LOCATION:Elsewhere']).replace('SEQUENCE:1', 'SEQUENCE:2'));
  expect(await state()).toBe('refused');
  expect(await text()).not.toContain('Elsewhere');
});

describe('an invitation whose UID somebody uses for a private event', () => {
  const PRIVATE = ics(
    ...['BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260301T000000Z', 'DTSTART:20260304T100000Z', 'CLASS:PRIVATE'],
    ...['SUMMARY:Doctor', 'END:VEVENT'],
  );

  test('changes nothing of it and tells nobody of it', async () => {
    await putEvent(world.server, AT, PRIVATE);
    const before = await onlyEvent(world.server, 'alice');
    const receipt = await signedFrom(invitation());
    expect(receipt).toBe('taken');
    expect(await onlyEvent(world.server, 'alice')).toEqual(before);
    expect(await pathsIn(world.server, 'alice', 'inbox')).toEqual([]);
    expect(await queuedMessages(world.server.context.store.db, 'alice')).toEqual([]);
    expect(await reason()).not.toContain('Doctor');
  });

  test.each(['CANCEL', 'ADD', 'PUBLISH'])('nor does %s', async (method) => {
    await putEvent(world.server, AT, PRIVATE);
    const before = await onlyEvent(world.server, 'alice');
    const mail = invitation([], { method });
    await signedFrom(method === 'PUBLISH' ? mail.replace('ATTENDEE:mailto:alice@example.com\r\n', '') : mail);
    expect(await onlyEvent(world.server, 'alice')).toEqual(before);
    expect(await queuedMessages(world.server.context.store.db, 'alice')).toEqual([]);
  });
});
