import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { SECOND } from '../../src/base/clock.ts';
import { concludeMail, noteOffered, takeMail } from '../../src/calendar/outgoing-mail.ts';
import { receiveMessage } from '../../src/calendar/receive-message.ts';
import type { Component } from '../../src/ical/component.ts';
import { lineOf } from '../../src/ical/diff.ts';
import { parseCalendar, parseCalendars } from '../../src/ical/parse.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { attendeeOf, isOneOf, partstatOf } from '../../src/itip/address.ts';
import { attendeeChanges } from '../../src/itip/attendee-changes.ts';
import { copyComponents, copyFor } from '../../src/itip/copy.ts';
import { makeCalendar, readMessage, type ItipMessage } from '../../src/itip/message.ts';
import { organizerChanges } from '../../src/itip/organizer-changes.ts';
import { NO_MEMORY, type Memory } from '../../src/itip/revision.ts';
import { instanceOf, readSeries, ruleText, timesText } from '../../src/itip/series.ts';
import { planReceive } from '../../src/scheduling/plan-receive.ts';
import { objectsOfUid } from '../../src/store/scheduling.ts';
import { ICS } from '../dav/meeting.ts';
import { MAIL, startDavServer, type DavServer } from '../dav-server.ts';
import { actorOf, anyAct, changedBy, dailyMeeting, DAYS, keyOfDay, type Act } from '../itip/series-acts.ts';
import { holds } from '../properties/holds.ts';

/** Random histories of a meeting whose guests are elsewhere: all that they know of it is in the mails that are sent. */

const HOLD = 30 * SECOND;
const OUTSIDE = ['bob', 'dave'] as const;
const GUESTS = [...OUTSIDE, 'carol'];
const KEYS = Array.from({ length: DAYS }, (_, day) => keyOfDay(day));
const ALICE = 'mailto:alice@example.com';
const addressOf = (name: string): string => `mailto:${name}@example.com`;

type Doing =
  | Act
  | { readonly kind: 'off' }
  | { readonly kind: 'back' }
  | { readonly kind: 'undo' }
  /** Replies of guests come in. */
  | { readonly kind: 'deliver' }
  /** What is due meanwhile is sent, or refused. */
  | { readonly kind: 'wait'; readonly seconds: number; readonly isRefused: boolean };

const sometimes = fc.integer({ min: 0, max: 3 }).map((number) => number === 3);

const doing: fc.Arbitrary<Doing> = fc.oneof(
  { weight: 9, arbitrary: anyAct(GUESTS).filter(({ kind }) => kind !== 'alarm') },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      seconds: fc.constantFrom(5, 40, 200),
      isRefused: sometimes,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Doing>({ kind: 'off' }, { kind: 'back' }, { kind: 'undo' }, { kind: 'undo' }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'deliver' as const }) },
);

const SENT = { kind: 'sent', answer: '250 ok' } as const;
const REFUSED = { kind: 'refused', reason: '550 5.1.1 no such user', status: '5.1.1' } as const;

interface Copy {
  readonly calendar: Component | undefined;
  readonly memory: Memory;
}

const NO_COPY: Copy = { calendar: undefined, memory: NO_MEMORY };

interface Guest extends Copy {
  readonly name: string;
  /** What he had if he had never done anything himself. */
  readonly silent: Copy;
}

/** What he sees of each day: when and what it is, without what others have answered. */
function seenBy(name: string, calendar: Component | undefined, withAnswer: boolean): readonly string[] {
  const series = calendar && readSeries(calendar);
  const me = isOneOf(addressOf(name));
  const isOn =
    series?.master?.properties.some(({ name, value }) => name === 'STATUS' && value === 'CANCELLED') === false;
  const rule = series?.master !== undefined && isOn ? ruleText(series.master) : '';
  const days = KEYS.map((key) => {
    const component = series && instanceOf(series, key);
    const isOff = component?.properties.some(({ name, value }) => name === 'STATUS' && value === 'CANCELLED');
    const own = component && attendeeOf(component, me);
    if (series === undefined || component === undefined || isOff === true || own === undefined) return 'nothing';
    const words = component.properties.filter(({ name }) => name === 'SUMMARY').map(lineOf);
    return [timesText(component, series.context), ...words, ...(withAnswer ? [partstatOf(own)] : [])].join('|');
  });
  return days.every((day) => day === 'nothing') ? days : [...days, rule];
}

let server: DavServer;
let holding: DavServer;
let hasty: DavServer;
beforeAll(async () => {
  const users = ['alice', 'carol'];
  holding = await startDavServer({ users, settings: { mail: { ...MAIL, hold: HOLD } } });
  hasty = await startDavServer({ users, settings: { mail: { ...MAIL, hold: 0 } } });
});
afterAll(async () => {
  await holding.close();
  await hasty.close();
});

/** The same in a zone. */
const zoned = (calendar: Component): Component =>
  parseCalendar(
    Buffer.from(
      writeComponent(calendar).replaceAll(/(DTSTART|DTEND):20260302T(\d\d)0000Z/g, (_, name: string, hour: string) => {
        return `${name};TZID=Europe/Berlin:20260302T${String(Number(hour) + 1)}0000`;
      }),
    ),
  );

let made = 0;

interface History {
  readonly isZoned: boolean;
  readonly isHolding: boolean;
  readonly doings: readonly Doing[];
}

const history: fc.Arbitrary<History> = fc.record({
  isZoned: fc.boolean(),
  isHolding: fc.integer({ min: 0, max: 3 }).map((number) => number < 3),
  doings: fc.array(doing, { minLength: 1, maxLength: 8 }),
});

async function play({ isZoned, isHolding, doings }: History): Promise<void> {
  server = isHolding ? holding : hasty;
  const uid = `mailed-${(made += 1)}`;
  const guests = new Map<string, Guest>(OUTSIDE.map((name) => [name, { ...NO_COPY, name, silent: NO_COPY }]));
  const log: string[] = [];
  const replies: { from: string; message: ItipMessage }[] = [];
  const path = (who: string, name: string) => `/dav/calendars/${who}/calendar/${name}`;
  const own = path('alice', `${uid}.ics`);
  const past: Component[] = [];
  /** Who has answered while a mail was on its way to him: either may count. */
  const crossed = new Set<string>();
  /** To whom the last mail did not get. */
  const behind = new Set<string>();
  const wereBehind = new Set<string>();
  const lastAnswer = new Map<string, number>();

  const stored = async (): Promise<Component | undefined> => {
    const { status, body } = await server.request('GET', own);
    return status === 200 ? parseCalendars(body).calendars[0] : undefined;
  };
  const put = async (calendar: Component): Promise<void> => {
    const { status, body } = await server.request('PUT', own, { headers: ICS, body: writeComponent(calendar) });
    expect([201, 204], `${body.toString()}\n${log.join('\n')}`).toContain(status);
  };
  const arrive = (guest: Guest, message: ItipMessage): void => {
    const { name } = guest;
    const took = (copy: Copy): Copy => {
      const receiving = { me: isOneOf(addressOf(name)), now: server.time.now, memory: copy.memory, from: ALICE };
      const outcome = planReceive(copy.calendar, message, receiving);
      log.push(`  ${name}: ${outcome.outcome}, ${outcome.why ?? ''}\n${writeComponent(message.calendar)}`);
      expect(outcome.outcome, log.join('\n')).not.toBe('refused');
      const calendar = outcome.outcome === 'removed' ? undefined : (outcome.calendar ?? copy.calendar);
      return { calendar, memory: outcome.memory };
    };
    const was = seenBy(name, guest.silent.calendar, false);
    guests.set(name, { ...guest, ...took(guest), silent: took(guest.silent) });
    const is = seenBy(name, guests.get(name)?.silent.calendar, false);
    if (!wereBehind.has(name)) expect(is, `it says nothing new to ${name}\n${log.join('\n')}`).not.toEqual(was);
  };
  const sendDue = async (isRefused = false): Promise<void> => {
    for (;;) {
      const taken = await takeMail(server.context, { limit: 50 });
      if (taken.length === 0) return;
      for (const each of taken) {
        await noteOffered(server.context, each, Buffer.from('mail'));
        await concludeMail(server.context, each, isRefused ? REFUSED : SENT, { random: () => 0.5 });
        // Of a history that has failed; or a notice.
        if (each.uid !== uid || each.method === 'NOTICE') continue;
        const read = readMessage(parseCalendar(each.octets));
        if ('fault' in read) throw new Error(read.fault);
        const guest = guests.get(each.recipient.slice('mailto:'.length).split('@')[0] ?? '');
        if (guest === undefined) throw new Error(`a mail to ${each.recipient}`);
        log.push(`mail ${each.method} ${each.why}${isRefused ? ', refused' : ''}`);
        if (isRefused) {
          behind.add(guest.name);
          crossed.add(guest.name);
          wereBehind.add(guest.name);
          continue;
        }
        behind.delete(guest.name);
        const isPending = replies.some(({ from }) => from === each.recipient);
        if (isPending || (lastAnswer.get(each.recipient) ?? 0) >= each.createdAt) crossed.add(guest.name);
        arrive(guest, read.message);
      }
    }
  };
  const deliverReplies = async (): Promise<void> => {
    for (const { from, message } of replies.splice(0)) {
      const status = await receiveMessage(server.context, { to: ALICE, from, message });
      log.push(`  reply of ${from}: ${status}`);
      lastAnswer.set(from, server.time.now);
    }
  };
  const answer = (guest: Guest, act: Act): void => {
    const me = isOneOf(addressOf(guest.name));
    const after = guest.calendar && changedBy(guest.calendar, act, me);
    if (after === undefined) return;
    const plan = attendeeChanges(guest.calendar, after, { me, now: server.time.now, memory: guest.memory });
    if (plan.kind !== 'stored') return;
    guests.set(guest.name, { ...guest, calendar: plan.calendar ?? after, memory: plan.memory });
    if (plan.reply !== undefined) replies.push({ from: addressOf(guest.name), message: plan.reply.message });
  };
  const perform = async (one: Doing): Promise<void> => {
    server.time.now += SECOND;
    log.push(JSON.stringify(one));
    if (one.kind === 'wait') {
      server.time.now += one.seconds * SECOND;
      await sendDue(one.isRefused);
      return;
    }
    if (one.kind === 'deliver') return deliverReplies();
    const now = await stored();
    if (one.kind === 'off') {
      if (now === undefined) return;
      past.push(now);
      expect((await server.request('DELETE', own)).status).toBe(204);
      return;
    }
    if (one.kind === 'back' || one.kind === 'undo') {
      const before = past.pop();
      if (before === undefined) return;
      if (one.kind === 'back' && now !== undefined) return;
      await put(before);
      return;
    }
    if (one.kind === 'answer' || one.kind === 'hide') {
      const guest = guests.get(one.who);
      if (guest !== undefined) answer(guest, one);
      else {
        const [mine] = await objectsOfUid(server.context.store.db, 'carol', uid);
        if (mine === undefined) return;
        const after = changedBy(parseCalendars(mine.octets).calendars[0]!, one, isOneOf(addressOf('carol')));
        if (after === undefined) return;
        const at = path('carol', mine.name);
        const { status } = await server.request('PUT', at, { as: 'carol', headers: ICS, body: writeComponent(after) });
        expect([204, 403]).toContain(status);
      }
      return;
    }
    if (now === undefined) return;
    const after = changedBy(now, one, isOneOf(ALICE));
    if (after === undefined) return;
    past.push(now);
    await put(after);
  };

  await put(isZoned ? zoned(dailyMeeting(uid, GUESTS)) : dailyMeeting(uid, GUESTS));
  for (const one of doings) await perform(one);
  log.push('END');
  server.time.now += 1000 * SECOND;
  await sendDue();
  await deliverReplies();
  server.time.now += 1000 * SECOND;
  await sendDue();
  const organized = await stored();
  const series = organized && readSeries(organized);
  if (organized !== undefined) log.push(`STORED\n${writeComponent(organized)}`);
  for (const { name, calendar, silent } of guests.values()) {
    if (behind.has(name)) continue;
    const copy = series && copyFor(series, isOneOf(addressOf(name)));
    const wanted = series && copy && makeCalendar([], copyComponents(copy), [series.calendar]);
    log.push(`COPY of ${name}\n${calendar ? writeComponent(calendar) : 'nothing'}`);
    expect(seenBy(name, silent.calendar, false), `${name}\n${log.join('\n')}`).toEqual(seenBy(name, wanted, false));
    if (crossed.has(name)) continue;
    const [here, there] = [seenBy(name, calendar, true), seenBy(name, wanted, true)];
    const isHidden = (day: string, at: number): boolean =>
      day === 'nothing' && there[at]?.endsWith('|DECLINED') === true;
    const own = here.map((day, at) => (isHidden(day, at) ? there[at] : day));
    expect(own, `${name}\n${log.join('\n')}`).toEqual(there);
  }
}

test(
  'who is elsewhere knows at the end what the organizer has, and gets no mail that says nothing',
  { timeout: 300_000 },
  () => holds(fc.asyncProperty(history, play), { seed: 6047, numRuns: 150 }),
);

/** Acts of somebody here who is invited from elsewhere, and of who invites him. */
type GuestsDoing = Act | { readonly kind: 'drop' } | { readonly kind: 'wait'; readonly seconds: number };

const guestsDoing: fc.Arbitrary<GuestsDoing> = fc.oneof(
  { weight: 5, arbitrary: anyAct(['carol']).filter(({ kind }) => kind === 'answer' || kind === 'hide') },
  { weight: 2, arbitrary: anyAct(['carol', 'bob']).filter((act) => actorOf(act) === 'alice') },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(5, 40) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'drop' as const }) },
);

async function playGuest(doings: readonly GuestsDoing[]): Promise<void> {
  server = holding;
  const uid = `guest-${(made += 1)}`;
  const ORGANIZER = 'mailto:zoe@example.net';
  const renamed = (calendar: Component): Component =>
    parseCalendar(Buffer.from(writeComponent(calendar).replaceAll('alice@example.com', 'zoe@example.net')));
  const [zoe, carol] = [isOneOf(ORGANIZER), isOneOf(addressOf('carol'))];
  let organized: Copy = NO_COPY;
  let isCrossed = false;
  let lastAsked = 0;
  const log: string[] = [];

  const mine = async () => (await objectsOfUid(server.context.store.db, 'carol', uid))[0];
  const tell = async (after: Component): Promise<void> => {
    const plan = organizerChanges(organized.calendar, after, { me: zoe, now: server.time.now });
    organized = { ...organized, calendar: plan.calendar ?? after };
    for (const { to, message, quiet, noted } of plan.messages) {
      if (!carol(to) || quiet || noted) continue;
      lastAsked = server.time.now;
      const status = await receiveMessage(server.context, { to, from: ORGANIZER, message });
      log.push(`${message.method}: ${status}\n${writeComponent(message.calendar)}`);
      expect(status).toBe('1.2');
    }
  };
  const sendDue = async (): Promise<void> => {
    for (;;) {
      const taken = await takeMail(server.context, { limit: 50 });
      if (taken.length === 0) return;
      for (const each of taken) {
        await noteOffered(server.context, each, Buffer.from('mail'));
        await concludeMail(server.context, each, SENT, { random: () => 0.5 });
        if (each.uid !== uid) continue;
        const read = readMessage(parseCalendar(each.octets));
        if ('fault' in read) throw new Error(read.fault);
        if (lastAsked >= each.createdAt) isCrossed = true;
        const was = seenBy('carol', organized.calendar, true);
        const receiving = { me: zoe, now: server.time.now, memory: organized.memory, from: addressOf('carol') };
        const outcome = planReceive(organized.calendar, read.message, receiving);
        log.push(`${each.method}: ${outcome.outcome} ${outcome.why ?? ''}\n${writeComponent(read.message.calendar)}`);
        organized = { calendar: outcome.calendar ?? organized.calendar, memory: outcome.memory };
        if (!isCrossed) expect(seenBy('carol', organized.calendar, true), log.join('\n')).not.toEqual(was);
      }
    }
  };

  await tell(renamed(dailyMeeting(uid, ['carol', 'bob'])));
  let isDropped = false;
  for (const one of doings) {
    server.time.now += SECOND;
    log.push(JSON.stringify(one));
    if (one.kind === 'wait') {
      server.time.now += one.seconds * SECOND;
      await sendDue();
      continue;
    }
    if (one.kind !== 'drop' && actorOf(one) === 'alice') {
      const after = organized.calendar && changedBy(organized.calendar, one, zoe);
      if (after !== undefined) await tell(after);
      continue;
    }
    const object = await mine();
    if (object === undefined) continue;
    const path = `/dav/calendars/carol/calendar/${object.name}`;
    if (one.kind === 'drop') {
      isDropped = true;
      expect((await server.request('DELETE', path, { as: 'carol' })).status).toBe(204);
      continue;
    }
    const before = parseCalendar(object.octets);
    // A day that is declined with the rest is taken out without a word.
    if (one.kind === 'hide' && seenBy('carol', before, true).some((day) => day.endsWith('|DECLINED'))) continue;
    const after = changedBy(before, one, carol);
    if (after === undefined) continue;
    const { status } = await server.request('PUT', path, { as: 'carol', headers: ICS, body: writeComponent(after) });
    expect([204, 403]).toContain(status);
  }
  server.time.now += 1000 * SECOND;
  await sendDue();
  if (isCrossed) return;
  const object = await mine();
  const [here, there] = [
    seenBy('carol', object && parseCalendar(object.octets), true),
    seenBy('carol', organized.calendar, true),
  ];
  log.push(
    `HERE\n${object ? Buffer.from(object.octets).toString() : ''}`,
    `THERE\n${writeComponent(organized.calendar!)}`,
  );
  for (const [at] of KEYS.entries()) {
    // What is out of his calendar was declined.
    const isHidden = here[at] === 'nothing' && there[at]?.endsWith('|DECLINED') === true;
    expect(isHidden ? there[at] : here[at], `${at} ${isDropped}\n${log.join('\n')}`).toBe(there[at]);
  }
}

test(
  'who invites from elsewhere knows at the end what was answered here, and gets no answer that says nothing',
  { timeout: 300_000 },
  () =>
    holds(fc.asyncProperty(fc.array(guestsDoing, { minLength: 1, maxLength: 8 }), playGuest), {
      seed: 6047,
      numRuns: 150,
    }),
);
