import fc from 'fast-check';
import { expect, test } from 'vitest';

import { asPrincipalId } from '../../src/base/ids.ts';
import { deliver, startDelivery, type Sending } from '../../src/calendar/deliver.ts';
import { deliverAll, deliverLater } from '../../src/calendar/deliver-together.ts';
import type { Component } from '../../src/ical/component.ts';
import { parseCalendars } from '../../src/ical/parse.ts';
import { organizerChanges } from '../../src/itip/organizer-changes.ts';
import { versionOctets } from '../../src/store/versions.ts';
import { memoryOf, objectsOfUid } from '../../src/store/scheduling.ts';
import { shareCalendar } from '../dav/shared-calendar.ts';
import { meeting, pathsIn, putEvent } from '../dav/meeting.ts';
import { startDavServer, type DavServer } from '../dav-server.ts';

const GUESTS = ['bob', 'carol', 'dora', 'emil', 'finn'] as const;
const DAYS = ['20260303T090000Z', '20260304T090000Z', '20260305T090000Z'] as const;

/** A revision of the meeting. */
interface Revision {
  readonly guests: readonly string[];
  readonly lines: readonly string[];
  readonly days: readonly { readonly day: string; readonly guests: readonly string[]; readonly line: string }[];
}

const some = fc.subarray([...GUESTS], { minLength: 1 });
const revision: fc.Arbitrary<Revision> = fc.record({
  guests: fc.subarray([...GUESTS]),
  lines: fc.subarray(['SUMMARY:One', 'LOCATION:There', 'STATUS:CANCELLED', 'CLASS:PRIVATE'], { maxLength: 2 }),
  days: fc.uniqueArray(
    fc.record({ day: fc.constantFrom(...DAYS), guests: some, line: fc.constantFrom('SUMMARY:A day', 'TRANSP:OPAQUE') }),
    { maxLength: 2, selector: ({ day }) => day },
  ),
});

const ACTS = ['accepts', 'declines', 'adds an alarm', 'takes a day out', 'throws it away', 'answers a day'] as const;
const act = fc.record({ guest: fc.constantFrom(...GUESTS), what: fc.constantFrom(...ACTS) });
const story = fc.array(
  fc.record({ to: fc.option(revision, { nil: undefined, freq: 6 }), acts: fc.array(act, { maxLength: 3 }) }),
  { minLength: 2, maxLength: 4 },
);
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

function calendarOf({ guests, lines, days }: Revision): Component | undefined {
  const only = (text: string): string => /(BEGIN:VEVENT.*END:VEVENT\r\n)/s.exec(text)?.[1] ?? '';
  const overrides = days.map((each) =>
    only(meeting('m', each.guests, `RECURRENCE-ID:${each.day}`, `DTSTART:${each.day}`, each.line)),
  );
  const series = meeting('m', guests, 'RRULE:FREQ=DAILY;COUNT=5', ...lines);
  const text = series.replace('END:VCALENDAR', `${overrides.join('')}END:VCALENDAR`);
  return parseCalendars(Buffer.from(text)).calendars[0];
}

async function does(server: DavServer, { guest, what }: Story[number]['acts'][number]): Promise<void> {
  const [path] = await pathsIn(server, guest, 'calendar');
  if (path === undefined) return;
  if (what === 'throws it away') {
    await server.request('DELETE', path, { as: guest });
    return;
  }
  const text = (await server.request('GET', path, { as: guest })).body.toString().replaceAll('\r\n ', '');
  const own = new RegExp(`ATTENDEE[^:\\r]*:mailto:${guest}@`, 'g');
  const said = (partstat: string): string => text.replaceAll(own, `ATTENDEE;PARTSTAT=${partstat}:mailto:${guest}@`);
  const first = new RegExp(`ATTENDEE[^:\\r]*:mailto:${guest}@(?!.*mailto:${guest}@)`, 's');
  const forms: Readonly<Record<typeof what, string>> = {
    accepts: said('ACCEPTED'),
    declines: said('DECLINED'),
    'adds an alarm': text.replace(
      'END:VEVENT',
      'BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nDESCRIPTION:x\r\nEND:VALARM\r\nEND:VEVENT',
    ),
    'takes a day out': text.replace('RRULE', 'EXDATE:20260306T090000Z\r\nRRULE'),
    'answers a day': text.replace(first, `ATTENDEE;PARTSTAT=TENTATIVE:mailto:${guest}@`),
  };
  await putEvent(server, path, forms[what], { as: guest });
}

/** All that is stored of a person's, but for names that are made up. */
async function stateOf(server: DavServer, who: string): Promise<unknown> {
  const { db } = server.context.store;
  const of = <T extends Record<string, unknown>>(
    rows: readonly T[],
    ...without: readonly string[]
  ): readonly string[] =>
    rows.map((row) => JSON.stringify(Object.entries(row).filter(([name]) => !without.includes(name)))).toSorted();
  const NAMES = ['id', 'key', 'name', 'uid', 'octets', 'shared_key', 'collection_id', 'object_id', 'schedule_tag'];
  const all = <T extends 'objects' | 'collections' | 'versions'>(table: T) =>
    db
      .selectFrom(table as 'objects')
      .selectAll()
      .where('home_id', '=', who)
      .execute();
  const versions = await db.selectFrom('versions').select('key').where('home_id', '=', who).execute();
  const pasts = await versionOctets(
    db,
    versions.map(({ key }) => key),
  );
  const keys = (await all('objects')).map(({ key }) => key);
  const occurrences = await db
    .selectFrom('occurrences')
    .select(['span', 'start_at', 'end_at', 'proof', 'busy'])
    .where('object_key', 'in', keys)
    .execute();
  const forms = await db.selectFrom('shared_forms').select(['seq', 'octets']).where('home_id', '=', who).execute();
  return {
    texts: (await objectsOfUid(db, who, 'm')).map(({ octets }) => Buffer.from(octets).toString()),
    objects: of(await all('objects'), ...NAMES),
    scheduled: (await all('objects')).map((row) => row.schedule_tag !== null).toSorted(),
    collections: of(await all('collections'), 'id', 'key', 'shared_id', 'default_calendar'),
    versions: of(await all('versions'), ...NAMES),
    pasts: [...pasts.values()].map((octets) => Buffer.from(octets).toString()).toSorted(),
    occurrences: of(occurrences),
    forms: forms.map(({ seq, octets }) => `${seq} ${octets?.toString() ?? ''}`),
    memory: await memoryOf(db, who, 'm'),
  };
}

const ME = (address: string): boolean => address === 'mailto:alice@example.com';

async function told(steps: Story, way: 'together' | 'alone'): Promise<unknown> {
  const server = await startDavServer({ users: ['alice', ...GUESTS, 'zoe'] });
  try {
    const { context } = server;
    await shareCalendar(server, { sharer: 'emil', sharee: 'zoe', access: 'read' });
    let before: Component | undefined;
    for (const { to, acts } of steps) {
      const after = to && calendarOf(to);
      if (before === undefined && after === undefined) continue;
      const { messages } = organizerChanges(before, after, { me: ME, now: context.clock() });
      await context.store.write(async (tx) => {
        const by = { principalId: asPrincipalId('alice'), deviceId: undefined, origin: 'client' as const };
        const delivery = startDelivery(context, tx, { by, senderId: 'alice' });
        const sendings = messages.map((each): Sending => ({ ...each, senderId: 'alice' }));
        if (way === 'together') await deliverAll(delivery, sendings);
        else for (const sending of sendings) await deliver(delivery, sending);
        await deliverLater(delivery);
      });
      before = after;
      server.time.now += 90_000;
      for (const each of acts) await does(server, each);
      server.time.now += 90_000;
    }
    const states: unknown[] = [];
    for (const guest of GUESTS) states.push([guest, await stateOf(server, guest)]);
    return states;
  } finally {
    await server.close();
  }
}

/** The organizer makes a private meeting public: what says so is as private as what its receivers have. */
const MADE_PUBLIC: Story = [
  { to: { guests: ['bob', 'dora'], lines: ['CLASS:PRIVATE'], days: [] }, acts: [] },
  { to: { guests: ['bob', 'dora'], lines: [], days: [] }, acts: [] },
];

test('one message to many does to each what it does to one alone, to the last row', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (steps) => {
      expect(await told(steps, 'together')).toEqual(await told(steps, 'alone'));
    }),
    { seed: 20260302, numRuns: 12, examples: [[MADE_PUBLIC]] },
  );
});
