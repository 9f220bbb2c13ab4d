import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/base/clock.ts';
import type { SendOutcome, Transport } from '../../../src/mail/outgoing.ts';
import { startMailWorld, type MailWorld } from '../mail-world.ts';

let world: MailWorld;
beforeEach(async () => {
  world = await startMailWorld();
});
afterEach(() => world.close());

const ANN = 'ann@outside.example';
const statesOf = async () => (await world.ledger()).map(({ state }) => state);

describe('what is due', () => {
  test('is sent once, and the recorder tells what the server answered', async () => {
    await world.invite('one', [ANN, 'ben@other.example']);
    await world.run();
    await world.run(HOUR);
    expect(world.sink.mails.map(({ to, end }) => [to, end]).toSorted()).toEqual([
      [ANN, 'taken'],
      ['ben@other.example', 'taken'],
    ]);
    expect(await world.ledger()).toMatchObject([
      { state: 'sent', offers: 1, outcome: '250 queued as 1' },
      { state: 'sent', offers: 1, outcome: '250 queued as 1' },
    ]);
    expect((await world.recorded('one', ANN)).at(-1)).toBe('sent');
    expect(await world.statusOf('one', ANN)).toMatch(/^1\./);
  });

  test('waits for the end of the time in which it can be undone', async () => {
    await world.close();
    world = await startMailWorld({ hold: 30 * SECOND });
    await world.invite('one', [ANN]);
    await world.run(29 * SECOND);
    expect(world.sink.mails).toEqual([]);
    await world.run(2 * SECOND);
    expect(world.sink.mails).toHaveLength(1);
  });

  test('has the id of its row in its Message-ID', async () => {
    await world.invite('one', [ANN]);
    await world.run();
    const [row] = await world.ledger();
    expect(world.sink.mails[0]!.messageId).toBe(`${row!.id}@example.com`);
  });

  test('nobody’s address and nothing of what was said is logged', async () => {
    world.sink.rule = (to) => ({ code: 550, text: `5.1.1 <${to}> unknown` });
    await world.invite('one', [ANN]);
    await world.run();
    expect(world.logged).not.toEqual([]);
    expect(world.logged.join('\n')).not.toMatch(/@|outside|alice|Review/);
  });
});

describe('a server that is down for an hour', () => {
  test('is asked again and again, ever less often, and gets each message once when it is back', async () => {
    await world.sink.down();
    await world.invite('one', [ANN]);
    await world.invite('two', [ANN, 'ben@other.example']);
    await world.runOver(HOUR, 20 * SECOND);
    expect(await statesOf()).not.toContain('sent');
    expect(await statesOf()).not.toContain('failed');
    const deferred = (await world.recorded('one', ANN)).filter((what) => what === 'deferred').length;
    expect(deferred).toBeGreaterThan(2);
    expect(deferred).toBeLessThan(20);
    await world.sink.up();
    await world.runOver(HOUR, 20 * SECOND);
    expect(await statesOf()).toEqual(['sent', 'sent', 'sent']);
    expect(world.sink.mails.map(({ end }) => end)).toEqual(['taken', 'taken', 'taken']);
    expect((await world.recorded('one', ANN)).at(-1)).toBe('sent');
    expect(await world.statusOf('one', ANN)).toMatch(/^1\./);
  });

  test('is asked with a few, and gets all of them at once when it is back', async () => {
    await world.sink.down();
    const guests = Array.from({ length: 20 }, (_, at) => `guest${at}@d${at}.example`);
    for (const [at, guest] of guests.entries()) await world.invite(`u${at}`, [guest]);
    await world.run();
    await world.run();
    const words = await Promise.all(guests.map((guest, at) => world.recorded(`u${at}`, guest)));
    expect(words.filter((each) => each.includes('deferred')).length).toBeLessThanOrEqual(16);
    await world.sink.up();
    await world.run(MINUTE);
    expect(world.sink.mails).toHaveLength(20);
    expect(await statesOf()).toEqual(Array(20).fill('sent'));
  });
});

describe('a message that is refused', () => {
  test('is not sent again: its sender has the status, a mail with the reason and the recorder’s line', async () => {
    world.sink.rule = (to) => (to === ANN ? { code: 550, text: '5.1.1 no such user' } : undefined);
    await world.invite('one', [ANN, 'ben@other.example']);
    await world.runOver(DAY, HOUR);
    const [refused, other, notice, ...more] = await world.ledger();
    expect(refused).toMatchObject({ state: 'failed', offers: 1, outcome: '550 5.1.1 no such user' });
    expect(other).toMatchObject({ state: 'sent' });
    expect([notice?.method, notice?.recipient, notice?.state]).toEqual(['NOTICE', 'mailto:alice@example.com', 'sent']);
    expect(more).toEqual([]);
    expect(await world.statusOf('one', ANN)).toMatch(/^5\./);
    expect(await world.statusOf('one', 'ben@other.example')).toMatch(/^1\./);
    expect((await world.recorded('one', ANN)).at(-1)).toBe('failed');
    const told = world.sink.taken().find(({ to }) => to === 'alice@example.com');
    expect(told).toMatchObject({ from: '' });
    expect(told!.text).toMatch(/^auto-submitted: auto-generated\r$/im);
  });

  test('for a while only (451) goes later, and once', async () => {
    let isGrey = true;
    world.sink.rule = () => (isGrey ? { code: 451, text: '4.7.1 greylisted', at: 'rcpt' } : undefined);
    await world.invite('one', [ANN]);
    await world.run();
    expect(await world.ledger()).toMatchObject([{ state: 'queued' }]);
    expect(await world.recorded('one', ANN)).toContain('deferred');
    isGrey = false;
    await world.runOver(30 * MINUTE, MINUTE);
    expect(await world.ledger()).toMatchObject([{ state: 'sent', offers: 2 }]);
    expect(world.sink.mails.map(({ end }) => end)).toEqual(['taken']);
  });

  test('for days is given up, and its sender is told', async () => {
    world.sink.rule = (to) => (to === ANN ? { code: 451, text: '4.2.1 not now' } : undefined);
    await world.invite('one', [ANN]);
    await world.runOver(6 * DAY, HOUR);
    const [row, notice] = await world.ledger();
    expect(row).toMatchObject({ state: 'failed', outcome: 'given up after 25 times: 451 4.2.1 not now' });
    expect(notice).toMatchObject({ method: 'NOTICE', state: 'sent' });
    expect(await world.statusOf('one', ANN)).toMatch(/^5\./);
    const words = await world.recorded('one', ANN);
    expect([words.filter((what) => what === 'deferred').length, words.at(-1)]).toEqual([24, 'failed']);
  });

  test('its notice that is refused as well is told to nobody', async () => {
    world.sink.rule = () => ({ code: 550, text: '5.7.1 we want nothing of you' });
    await world.invite('one', [ANN]);
    await world.runOver(DAY, HOUR);
    expect((await world.ledger()).map(({ method, state }) => [method, state])).toEqual([
      ['REQUEST', 'failed'],
      ['NOTICE', 'failed'],
    ]);
  });
});

describe('an offer whose end is not known', () => {
  test('is made again with the same octets and the same Message-ID, and counted', async () => {
    let drops = 1;
    world.sink.rule = () => (drops-- > 0 ? { drop: 'after-data' } : undefined);
    // The sink asks for its rule at RCPT as well.
    drops = 2;
    await world.invite('one', [ANN]);
    await world.run();
    expect(world.sink.mails.map(({ end }) => end)).toEqual(['lost']);
    // What has changed meanwhile in how it would be written does not change what is offered.
    world.server.time.now += 5;
    await world.runOver(HOUR, MINUTE);
    const [lost, taken, ...more] = world.sink.mails;
    expect([lost?.end, taken?.end, more]).toEqual(['lost', 'taken', []]);
    expect(taken?.text).toBe(lost?.text);
    expect(await world.ledger()).toMatchObject([{ state: 'sent', offers: 2 }]);
    expect((await world.recorded('one', ANN)).slice(-2)).toEqual(['deferred', 'sent']);
  });

  test('as one of a process that died: it is made again when its lease has ended', async () => {
    await world.invite('one', [ANN]);
    await world.run();
    const { store } = world.server.context;
    // As the row stood between DATA and its end.
    const [came] = world.sink.mails;
    const octets = Buffer.from(came!.text);
    await store.write((tx) =>
      sql`update mail_messages set state = 'offered', offered = ${octets}, ended_at = null, outcome = null,
          shared_key = (select min(key) from shared_octets), lease_until = ${world.server.time.now + MINUTE}`.execute(
        tx,
      ),
    );
    await world.run(SECOND);
    expect(world.sink.mails).toHaveLength(1);
    await world.run(HOUR);
    expect(world.sink.mails.map(({ text }) => text)).toEqual([came!.text, came!.text]);
    expect((await world.recorded('one', ANN)).slice(-2)).toEqual(['offered-again', 'sent']);
    expect(await world.ledger()).toMatchObject([{ state: 'sent', offers: 2 }]);
  });
});

describe('a row of which no mail can be made', () => {
  test('fails with its reason, and holds up no other', async () => {
    await world.invite('broken', [ANN]);
    const { store } = world.server.context;
    await store.write((tx) => sql`update shared_octets set octets = ${Buffer.from('no calendar')}`.execute(tx));
    await world.invite('whole', ['ben@other.example']);
    await world.run();
    const rows = await world.ledger();
    expect(rows.find(({ uid }) => uid === 'broken')).toMatchObject({ state: 'failed', offers: 0 });
    expect(rows.find(({ uid }) => uid === 'broken')?.outcome).toMatch(/^\w.*\w$/);
    expect(rows.find(({ uid }) => uid === 'whole')).toMatchObject({ state: 'sent' });
  });
});

describe('many messages', () => {
  test('of a domain that is slow hold up nobody else’s, and have no more than their places', async () => {
    const { promise: until, resolve: release } = Promise.withResolvers<void>();
    let slow = 0;
    world.sink.rule = (to) => {
      if (!to.endsWith('@slow.example')) return undefined;
      slow += 1;
      return { until };
    };
    for (let at = 0; at < 12; at += 1) await world.invite(`slow${at}`, [`guest${at}@slow.example`]);
    for (let at = 0; at < 12; at += 1) await world.invite(`quick${at}`, [`guest${at}@quick.example`]);
    const run = world.run();
    await world.sink.reached(12);
    expect(world.sink.taken().every(({ to }) => to.endsWith('@quick.example'))).toBe(true);
    // Each was asked for at RCPT and at DATA.
    expect(slow).toBeLessThanOrEqual(6);
    release();
    await run;
    expect(world.sink.taken()).toHaveLength(24);
    expect(world.sink.most()).toBeLessThanOrEqual(8);
  });
});

test('a mail server that takes its time has it: no other process offers the mail meanwhile', async () => {
  const { promise: answer, resolve: tell } = Promise.withResolvers<SendOutcome>();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const send = (): Promise<SendOutcome> => {
    ask();
    return answer;
  };
  await world.close();
  world = await startMailWorld({ transport: { send, verify: () => Promise.resolve(), close: () => undefined } });
  await world.invite('one', [ANN]);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const first = world.run();
  await asked;
  for (let passed = 0; passed < 3 * MINUTE; passed += 20 * SECOND) {
    world.server.time.now += 20 * SECOND;
    await vi.advanceTimersByTimeAsync(20 * SECOND);
    // The renewal is written before the next one is due.
    await world.server.context.store.write(() => Promise.resolve(), { lane: 'mail' });
  }
  vi.useRealTimers();
  await world.run(0);
  tell({ kind: 'sent', answer: '250 at last' });
  await first;
  expect(await world.ledger()).toMatchObject([{ state: 'sent', offers: 1, outcome: '250 at last' }]);
});

describe('closing down', () => {
  test('takes no more, gives what is under way a moment, and then breaks it off', async () => {
    const stop = new AbortController();
    let isBroken = false;
    const transport: Transport = {
      send: (_mail, signal) =>
        new Promise<SendOutcome>((resolve) => {
          signal.addEventListener('abort', () => {
            isBroken = true;
            resolve({ kind: 'later', reason: 'it was broken off' });
          });
          stop.abort();
        }),
      verify: () => Promise.resolve(),
      close: () => undefined,
    };
    await world.close();
    world = await startMailWorld({ transport });
    for (const uid of ['one', 'two', 'three', 'four']) await world.invite(uid, [ANN]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const run = world.run(SECOND, stop.signal);
    await vi.waitUntil(() => stop.signal.aborted);
    expect(isBroken).toBe(false);
    await vi.advanceTimersByTimeAsync(5 * SECOND);
    vi.useRealTimers();
    await run;
    expect(isBroken).toBe(true);
    expect((await world.ledger()).map(({ offers, state }) => [offers, state])).toEqual([
      [1, 'queued'],
      [1, 'queued'],
      [1, 'queued'],
      [0, 'queued'],
    ]);
  });
});
