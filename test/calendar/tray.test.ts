import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unnamed } from '../../src/calendar/author.ts';
import { acceptTrayItem, listTray, putIntoTray, refuseTrayItem, type TrayOutcome } from '../../src/calendar/tray.ts';
import { trustedSenders, trustSender, untrustSender } from '../../src/calendar/trusted-senders.ts';
import { receiveMessage } from '../../src/calendar/receive-message.ts';
import { parseCalendars } from '../../src/ical/parse.ts';
import { readMessage, type ItipMessage } from '../../src/itip/message.ts';
import type { Verdict } from '../../src/mail/verdict.ts';
import { listActs } from '../../src/store/audit.ts';
import { onlyEvent, pathsIn } from '../dav/meeting.ts';
import { ics, startDavServer, type DavServer } from '../dav-server.ts';
import { cpu } from '../yardstick.ts';

const BOSS = 'mailto:boss@far.example';
const BY = unnamed('restore');

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob'], limits: { trayItemsPerHome: 20 } });
});
afterEach(() => server.close());

interface Sent {
  readonly method?: string;
  readonly uid?: string;
  readonly sequence?: number;
  readonly organizer?: string;
  readonly lines?: readonly string[];
}

function messageOf({
  method = 'REQUEST',
  uid = 'm',
  sequence = 0,
  organizer = BOSS,
  lines = [],
}: Sent = {}): ItipMessage {
  const text = ics(
    ...[`METHOD:${method}`, 'BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20260302T080000Z', `SEQUENCE:${sequence}`],
    ...['DTSTART:20260304T100000Z', 'DTEND:20260304T110000Z', 'SUMMARY:Win a prize', `ORGANIZER:${organizer}`],
    ...['ATTENDEE:mailto:alice@example.com', ...lines, 'END:VEVENT'],
  );
  const reading = readMessage(parseCalendars(Buffer.from(text)).calendars[0]!);
  if ('fault' in reading) throw new Error(reading.fault);
  return reading.message;
}

interface Put extends Sent {
  readonly sender?: string;
  readonly result?: Verdict['result'];
  readonly kind?: 'tray' | 'refuse';
}

function put({ sender = 'boss@far.example', result = 'none', kind = 'tray', ...sent }: Put = {}): Promise<TrayOutcome> {
  const message = messageOf(sent);
  const verdict: Verdict = { result, from: sender, reason: 'Nothing proves it' };
  const judgement = { kind, from: sent.organizer ?? BOSS, reason: 'Nothing proves it' };
  return putIntoTray(server.context, { homeId: 'alice', message, verdict, judgement });
}

const items = () => listTray(server.context, { homeId: 'alice' });
const accept = (id: string, trust: 'no' | 'address' | 'domain' = 'no') =>
  acceptTrayItem(server.context, id, { trust, by: BY });

test('what waits is in no calendar, no inbox and no free-busy', async () => {
  expect(await put()).toBe('put');
  expect(await items()).toMatchObject([
    { state: 'pending', sender: 'boss@far.example', sentAs: BOSS, method: 'REQUEST' },
  ]);
  expect(await pathsIn(server, 'alice', 'calendar')).toEqual([]);
  expect(await pathsIn(server, 'alice', 'inbox')).toEqual([]);
  const body =
    '<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav"><C:time-range start="20260304T000000Z" end="20260305T000000Z"/></C:free-busy-query>';
  const busy = await server.request('REPORT', '/dav/calendars/alice/calendar/', {
    ...{ as: 'alice', body, headers: { depth: '1', 'content-type': 'application/xml' } },
  });
  expect([busy.status, busy.body.toString().includes('FREEBUSY:')]).toEqual([200, false]);
});

describe('what was accepted', () => {
  test('is in the calendar as though its organizer had proven himself, and is written down', async () => {
    await put();
    const [item] = await items();
    expect(await accept(item!.id)).toBe('1.2');
    expect((await onlyEvent(server, 'alice')).text).toContain('ORGANIZER:mailto:boss@far.example');
    expect(await items()).toEqual([]);
    expect(await listTray(server.context, { homeId: 'alice', all: true })).toMatchObject([{ state: 'accepted' }]);
    const acts = await listActs(server.context.store.db, { homeId: 'alice', since: 0, after: 0, limit: 100 });
    expect(acts.map(({ act }) => act)).toContain('tray-accepted');
  });

  test('is not accepted again, nor refused', async () => {
    await put();
    const [item] = await items();
    await accept(item!.id);
    await expect(accept(item!.id)).rejects.toThrow('accepted before');
    await expect(refuseTrayItem(server.context, item!.id, { by: BY })).rejects.toThrow('accepted before');
  });

  test.each([
    ['address', 'boss@far.example'],
    ['domain', '@far.example'],
  ] as const)('can make its sender trusted, by %s', async (trust, sender) => {
    await put();
    const [item] = await items();
    await accept(item!.id, trust);
    expect(await trustedSenders(server.context, 'alice')).toEqual([sender]);
  });

  test('and cannot be received, waits on', async () => {
    await server.request('PUT', '/dav/calendars/alice/calendar/own.ics', {
      ...{ as: 'alice', headers: { 'content-type': 'text/calendar' } },
      body: ics('BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260301T000000Z', 'DTSTART:20260302T090000Z', 'END:VEVENT'),
    });
    await put();
    const [item] = await items();
    expect(await accept(item!.id)).toBe('5.3');
    expect(await items()).toMatchObject([{ state: 'pending' }]);
    expect((await onlyEvent(server, 'alice')).text).not.toContain('ORGANIZER');
  });

  test('of another home is not there', async () => {
    await put();
    const [item] = await items();
    await expect(acceptTrayItem(server.context, item!.id, { trust: 'no', by: BY, homeId: 'bob' })).rejects.toThrow(
      'There is no message',
    );
  });
});

test('what a person has refused is shown no more, and nothing was made of it', async () => {
  await put();
  const [item] = await items();
  await refuseTrayItem(server.context, item!.id, { by: BY });
  expect(await items()).toEqual([]);
  expect(await pathsIn(server, 'alice', 'calendar')).toEqual([]);
});

test('what the server has refused is shown with its reason, and cannot be accepted', async () => {
  await put({ result: 'fail', kind: 'refuse' });
  const [item] = await items();
  expect(item).toMatchObject({ state: 'refused', reason: 'Nothing proves it' });
  await expect(accept(item!.id)).rejects.toThrow('It was refused');
  expect(await put({ result: 'fail', kind: 'refuse' })).toBe('settled');
  expect(await items()).toHaveLength(1);
});

describe('an update of what waits', () => {
  test('takes its place, and an older one says nothing', async () => {
    await put({ sequence: 1 });
    expect(await put({ sequence: 2 })).toBe('settled');
    expect(await put({ sequence: 1 })).toBe('settled');
    const all = await items();
    expect(all.map(({ octets }) => /SEQUENCE:(\d)/.exec(Buffer.from(octets).toString())?.[1])).toEqual(['2']);
  });

  test('of one day leaves the series as it waits', async () => {
    await put({ lines: ['RRULE:FREQ=DAILY'] });
    expect(await put({ sequence: 1, lines: ['RECURRENCE-ID:20260304T100000Z'] })).toBe('put');
    expect(await items()).toHaveLength(2);
  });

  test.each([
    ['of another sender', { sender: 'mallory@evil.example' }],
    ['in the name of another organizer', { organizer: 'mailto:other@far.example' }],
  ])('%s stands beside it', async (_, other) => {
    await put();
    expect(await put({ sequence: 5, ...other })).toBe('put');
    expect(await items()).toHaveLength(2);
  });

  test('that proves less stands beside it', async () => {
    await put({ result: 'pass' });
    expect(await put({ sequence: 5, result: 'none' })).toBe('put');
    expect(await items()).toHaveLength(2);
  });
});

describe('a cancellation', () => {
  test('takes back what waits', async () => {
    await put();
    expect(await put({ method: 'CANCEL', sequence: 1 })).toBe('settled');
    expect(await items()).toEqual([]);
  });

  test('of somebody else takes nothing back', async () => {
    await put();
    await put({ method: 'CANCEL', sequence: 1, sender: 'mallory@evil.example' });
    expect((await items()).map(({ method }) => method)).toEqual(['REQUEST', 'CANCEL']);
  });

  test('of what is in the calendar waits for a word', async () => {
    await receiveMessage(server.context, { to: 'mailto:alice@example.com', from: BOSS, message: messageOf() });
    expect(await put({ method: 'CANCEL', sequence: 1 })).toBe('put');
    expect((await onlyEvent(server, 'alice')).text).not.toContain('CANCELLED');
  });

  test('of nothing is nothing', async () => {
    expect(await put({ method: 'CANCEL', sequence: 1 })).toBe('dropped');
    expect(await items()).toEqual([]);
  });
});

describe('what proves itself', () => {
  const receive = (sent: Sent) =>
    receiveMessage(server.context, { to: 'mailto:alice@example.com', from: BOSS, message: messageOf(sent) });

  test('leaves nothing of the same to be decided', async () => {
    await put();
    expect(await receive({ sequence: 1 })).toBe('1.2');
    expect(await items()).toEqual([]);
    expect((await onlyEvent(server, 'alice')).text).toContain('SEQUENCE:1');
  });

  test('takes back what waits, where it is a cancellation', async () => {
    await put();
    await receive({ method: 'CANCEL', sequence: 1 });
    expect(await items()).toEqual([]);
  });

  test('and is older leaves what waits', async () => {
    await put({ sequence: 3 });
    await receive({ sequence: 1 });
    expect(await items()).toHaveLength(1);
  });
});

describe('the tray is bounded', () => {
  test('as a whole: the oldest goes', async () => {
    for (let n = 0; n < 25; n++) await put({ uid: `u${n}`, sender: `s${n}@far.example` });
    const all = await items();
    expect([all.length, all[0]?.uid]).toEqual([20, 'u5']);
  });

  test('for one sender, who pushes out nobody else', async () => {
    await put({ uid: 'first', sender: 'ann@near.example' });
    for (let n = 0; n < 30; n++) await put({ uid: `u${n}` });
    expect((await items()).map(({ uid }) => uid)).toEqual(['first', 'u28', 'u29']);
  });

  test('for what was refused, which pushes out nothing that waits', async () => {
    await put();
    for (let n = 0; n < 30; n++) await put({ uid: `u${n}`, kind: 'refuse', result: 'fail' });
    const all = await items();
    expect([all.length, all.filter(({ state }) => state === 'pending').length]).toEqual([5, 1]);
  });

  test('and of what others say of the same nothing is read, however much it is', async () => {
    const limits = { ...server.context.limits, trayItemsPerHome: 500 };
    const judgement = { kind: 'tray', from: BOSS, reason: '' } as const;
    const lines = Array.from({ length: 6000 }, (_, n) => `X-${n}:${'y'.repeat(140)}`);
    const message = messageOf({ lines });
    for (let n = 0; n < 60; n++) {
      const verdict: Verdict = { result: 'none', from: `s${n}@h${n}.example`, reason: '' };
      await putIntoTray({ ...server.context, limits }, { homeId: 'alice', message, verdict, judgement });
    }
    const verdict: Verdict = { result: 'none', from: 'boss@far.example', reason: '' };
    const before = cpu();
    await putIntoTray({ ...server.context, limits }, { homeId: 'alice', message: messageOf(), verdict, judgement });
    // To read the 55 MB takes half a second.
    expect(cpu() - before).toBeLessThan(200);
  });

  test('for one message', async () => {
    const small = { ...server.context, limits: { ...server.context.limits, trayMessageOctets: 200 } };
    const judgement = { kind: 'tray', from: BOSS, reason: '' } as const;
    const verdict: Verdict = { result: 'none', from: undefined, reason: '' };
    expect(await putIntoTray(small, { homeId: 'alice', message: messageOf(), verdict, judgement })).toBe('too-large');
  });
});

test('trust is of an address or of a domain, and can be taken back', async () => {
  const { context } = server;
  await trustSender(context, { homeId: 'alice', sender: 'Ann@Bücher.example', by: BY });
  await trustSender(context, { homeId: 'alice', sender: '@Far.example', by: BY });
  expect(await trustedSenders(context, 'alice')).toEqual(['@far.example', 'ann@xn--bcher-kva.example']);
  expect(await untrustSender(context, { homeId: 'alice', sender: '@far.example', by: BY })).toBe(true);
  expect(await untrustSender(context, { homeId: 'alice', sender: '@far.example', by: BY })).toBe(false);
  await expect(trustSender(context, { homeId: 'alice', sender: 'far', by: BY })).rejects.toThrow('neither');
});
