import type { IncomingHttpHeaders } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { refreshCopies } from '../../src/calendar/refresh-copies.ts';
import { parseCalendars } from '../../src/ical/parse.ts';
import type { Component } from '../../src/ical/component.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { isOneOf } from '../../src/itip/address.ts';
import { collectionByUri } from '../../src/store/collections.ts';
import { objectsOfUid } from '../../src/store/scheduling.ts';
import { openStore } from '../../src/store/store.ts';
import { ICS, pathsIn } from '../dav/meeting.ts';
import { startDavServer, type DavServer, type DavServerOptions } from '../dav-server.ts';
import { answerIn, expectAgreement } from '../itip/agreement.ts';
import { actorOf, anyAct, changedBy, dailyMeeting, DAYS, keyOfDay, type Act } from '../itip/series-acts.ts';
import { postgresForTests } from '../postgres/database.ts';
import { holds } from '../properties/holds.ts';

/**
 * Random histories of two to five people on one server, several of whom write at the same time as clients do: they read,
 * change and send it with a condition, and do it again where that does not hold.
 */

const ALL_GUESTS = ['bob', 'carol', 'dave', 'emil'] as const;
const KEYS = Array.from({ length: DAYS }, (_, day) => keyOfDay(day));

type Condition = 'If-Match' | 'If-Schedule-Tag-Match' | 'none';

interface Doing {
  readonly act: Act;
  readonly condition: Condition;
}

interface History {
  readonly guests: readonly string[];
  /** What is done at the same time, by different people. */
  readonly rounds: readonly (readonly Doing[])[];
}

const history: fc.Arbitrary<History> = fc.integer({ min: 1, max: ALL_GUESTS.length }).chain((count) => {
  const guests = ALL_GUESTS.slice(0, count);
  const doing = fc.record({
    act: anyAct(guests),
    condition: fc.constantFrom<Condition>('If-Match', 'If-Schedule-Tag-Match', 'none'),
  });
  const round = fc.uniqueArray(doing, { minLength: 1, maxLength: 5, selector: ({ act }) => actorOf(act) });
  return fc.record({ guests: fc.constant(guests), rounds: fc.array(round, { minLength: 1, maxLength: 6 }) });
});

/** A meeting that nobody is invited to any more has no schedule tag. */
function conditionOf(
  isOrganizer: boolean,
  condition: Condition,
  { etag, 'schedule-tag': tag }: IncomingHttpHeaders,
): Readonly<Record<string, string>> {
  if (condition === 'If-Schedule-Tag-Match' && typeof tag === 'string') return { 'if-schedule-tag-match': tag };
  // No organizer's client is known that would overwrite answers that it has not seen.
  return condition === 'none' && !isOrganizer ? {} : { 'if-match': String(etag) };
}

const isPerson = (name: string) => isOneOf(`mailto:${name}@example.com`);

/** What was answered last for a day (key of the day) and nothing since has asked anew: `guest key` to PARTSTAT. */
type Answers = Map<string, string>;

/** Guests who do nothing, and make a meeting a large one (see docs/adr/0022-large-meetings.md). */
const CROWD = Array.from({ length: 11 }, (_, at) => `guest${at}`);

interface Trial {
  readonly engine: string;
  readonly runs: number;
  readonly open?: DavServerOptions['open'];
  readonly crowd?: readonly string[];
}

function histories({ engine, runs, open, crowd = [] }: Trial): void {
  describe(`random histories on ${engine}${crowd.length > 0 ? ', in large meetings' : ''}`, () => {
    let server: DavServer;
    let made = 0;
    beforeAll(async () => {
      server = await startDavServer({ users: ['alice', ...ALL_GUESTS, ...crowd], ...(open && { open }) });
    });
    afterAll(() => server.close());

    async function pathOf(who: string, uid: string): Promise<string | undefined> {
      const [found, ...more] = await objectsOfUid(server.context.store.db, who, uid);
      expect(more, `${who} has ${uid} once`).toEqual([]);
      return found && `/dav/calendars/${who}/calendar/${found.name}`;
    }

    async function objectOf(who: string, uid: string): Promise<Component | undefined> {
      const path = await pathOf(who, uid);
      if (path === undefined) return undefined;
      const { status, body } = await server.request('GET', path, { as: who });
      return status === 200 ? parseCalendars(body).calendars[0] : undefined;
    }

    /** Whether it was done: not where there is nothing to do it to. */
    async function perform({ act, condition }: Doing, uid: string): Promise<boolean> {
      const who = actorOf(act);
      for (let attempt = 0; attempt < 12; attempt++) {
        const path = await pathOf(who, uid);
        const got = path === undefined ? undefined : await server.request('GET', path, { as: who });
        if (path === undefined || got?.status !== 200) return false;
        const after = changedBy(parseCalendars(got.body).calendars[0]!, act, isPerson(who));
        if (after === undefined) return false;
        const headers = conditionOf(who === 'alice', condition, got.headers);
        const body = writeComponent(after);
        const { status } = await server.request('PUT', path, { as: who, body, headers: { ...ICS, ...headers } });
        // 403: the organizer has changed meanwhile what a guest does not; he reads it again.
        if (status === 412 || (status === 403 && who !== 'alice')) continue;
        expect(status, `${who}: ${act.kind}`).toBe(204);
        return true;
      }
      throw new Error(`${who} did not get through`);
    }

    const inboxSeq = async (who: string): Promise<number> =>
      (await collectionByUri(server.context.store.db, who, 'inbox'))!.seq;

    /** What has come into an inbox, which is empty then. */
    async function messagesOf(who: string): Promise<readonly string[]> {
      const texts: string[] = [];
      for (const path of await pathsIn(server, who, 'inbox')) {
        texts.push((await server.request('GET', path, { as: who })).body.toString());
        await server.request('DELETE', path, { as: who });
      }
      return texts;
    }

    async function run({ guests, rounds }: History): Promise<void> {
      const uid = `series-${(made += 1)}`;
      const people = ['alice', ...guests, ...crowd];
      const body = writeComponent(dailyMeeting(uid, [...guests, ...crowd]));
      const path = `/dav/calendars/alice/calendar/${uid}.ics`;
      expect((await server.request('PUT', path, { body, headers: ICS })).status).toBe(201);
      const answers: Answers = new Map();
      for (const round of rounds) {
        server.time.now += 60_000;
        const before = await Promise.all(people.map(inboxSeq));
        const done = await Promise.all(round.map((each) => perform(each, uid)));
        const acts = round.map(({ act }) => act).filter((_, at) => done[at]);
        if (acts.every(({ kind }) => kind === 'alarm')) expect(await Promise.all(people.map(inboxSeq))).toEqual(before);
        noteAnswers(answers, acts);
      }
      for await (const { fault } of refreshCopies(server.context)) expect(fault).toBeUndefined();
      const organizers = (await objectOf('alice', uid))!;
      for (const name of [...guests, ...crowd]) {
        expectAgreement(organizers, { name, isMe: isPerson(name), own: await objectOf(name, uid) }, KEYS);
      }
      for (const [name, partstat] of answers) {
        const [guest = '', key = ''] = name.split(' ');
        const known = answerIn(organizers, isPerson(guest), key);
        // A day that is no more has no answer.
        if (known !== undefined) expect(known, `${name}\n${writeComponent(organizers)}`).toBe(partstat);
      }
      for (const name of people) {
        const texts = await messagesOf(name);
        expect(new Set(texts).size, `${name} is told nothing twice\n${texts.join('\n')}`).toBe(texts.length);
      }
    }

    test(
      'every copy agrees with the organizer, no answer is lost, nobody is told anything twice',
      { timeout: 300_000 },
      () => holds(fc.asyncProperty(history, run), { seed: 6638, numRuns: runs }),
    );
  });
}

/** What is answered at the same time as the question is asked anew may be for either. */
function noteAnswers(answers: Answers, acts: readonly Act[]): void {
  for (const act of acts) if (act.kind === 'answer') noteAnswer(answers, act.who, act.day, act.partstat);
  for (const act of acts) if (act.kind === 'hide') noteAnswer(answers, act.who, act.day, 'DECLINED');
  for (const act of acts) {
    for (const name of [...answers.keys()]) {
      const [guest, key] = name.split(' ');
      const isMoved = act.kind === 'move' || act.kind === 'cancel';
      const isOfDay = isMoved ? keyOfDay(act.day ?? 0) === key : act.kind === 'count';
      const isOfGuest = (act.kind === 'invite' || act.kind === 'uninvite') && act.who === guest;
      if (isOfDay || isOfGuest) answers.delete(name);
    }
  }
}

/** An answer to the whole says nothing certain of a day that has another. */
function noteAnswer(answers: Answers, who: string, day: number | undefined, partstat: string): void {
  if (day !== undefined) {
    answers.set(`${who} ${keyOfDay(day)}`, partstat);
    return;
  }
  for (const name of [...answers.keys()]) if (name.startsWith(`${who} `)) answers.delete(name);
}

histories({ engine: 'SQLite', runs: 40 });
histories({ engine: 'SQLite', runs: 6, crowd: CROWD });

const postgres = await postgresForTests();
if ('missing' in postgres) {
  describe.skip(`random histories on PostgreSQL: not installed are ${postgres.missing}`, () => undefined);
} else {
  const open: DavServerOptions['open'] = async (services) => openStore({ postgres: await postgres.create() }, services);
  histories({ engine: 'PostgreSQL', runs: 12, open });
  histories({ engine: 'PostgreSQL', runs: 3, open, crowd: CROWD });
}
