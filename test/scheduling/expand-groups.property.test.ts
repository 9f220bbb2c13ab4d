import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Component, Property } from '../../src/ical/component.ts';
import { isOneOf } from '../../src/itip/address.ts';
import type { CalendarUser, GroupMember } from '../../src/scheduling/directory.ts';
import { expandGroups } from '../../src/scheduling/expand-groups.ts';

const PEOPLE = ['me', 'p1', 'p2', 'p3', 'p4', 'p5'];
const GROUPS = ['g1', 'g2'];
const addressOf = (id: string): string => `mailto:${id}@example.com`;
const idOf = (address: string): string => address.replace(/^mailto:|@example\.com$/g, '');

const users = new Map(
  [...PEOPLE, ...GROUPS].map((id) => {
    const user = { id, me: isOneOf(addressOf(id)), hasHome: PEOPLE.includes(id) };
    return [id, user as CalendarUser];
  }),
);
const directory = { find: (address: string) => users.get(idOf(address)) };
const me = isOneOf(addressOf('me'));

const memberships = fc.record({ g1: fc.subarray(PEOPLE), g2: fc.subarray(PEOPLE) });
type Memberships = Readonly<Record<string, readonly string[]>>;

const line = (id: string, partstat?: string): Property => ({
  ...{ name: 'ATTENDEE', value: addressOf(id), line: 0 },
  params: new Map(partstat === undefined ? [] : [['PARTSTAT', [partstat]]]),
});

/** A client's list: some people by name and some groups, in any order. */
const lists = fc.shuffledSubarray([...PEOPLE.slice(1), ...GROUPS]);

function meeting(attendees: readonly Property[]): Component {
  const plain = (name: string, value: string): Property => ({ name, value, params: new Map(), line: 0 });
  const properties = [plain('UID', 'm'), plain('DTSTART', '20260302T090000Z'), plain('ORGANIZER', addressOf('me'))];
  const event: Component = { name: 'VEVENT', properties: [...properties, ...attendees], components: [], line: 0 };
  return { name: 'VCALENDAR', properties: [], components: [event], line: 0 };
}

const attendees = ({ components: [event] }: Component): readonly Property[] =>
  event?.properties.filter(({ name }) => name === 'ATTENDEE') ?? [];
const ids = (calendar: Component): readonly string[] => attendees(calendar).map(({ value }) => idOf(value));

function expand(members: Memberships, before: Component | undefined, after: Component, refresh: 'new' | 'all' = 'new') {
  const member = (id: string): GroupMember => ({ id, name: id, address: addressOf(id), type: 'INDIVIDUAL' });
  const groups = new Map(Object.entries(members).map(([id, people]) => [id, people.map(member)]));
  return expandGroups({ before, after, me, directory, groups, refresh });
}

/** Who is to be there: by name, or behind a group that is invited. */
function wanted(list: readonly string[], members: Memberships): ReadonlySet<string> {
  const behind = list.flatMap((id) => members[id] ?? []).filter((id) => id !== 'me');
  return new Set([...list, ...behind]);
}

/** The object as it is when everybody has answered. */
const answered = (calendar: Component): Component =>
  meeting(
    attendees(calendar).map((each) => ({ ...each, params: new Map([...each.params, ['PARTSTAT', ['ACCEPTED']]]) })),
  );

const RUNS = { seed: 20260302, numRuns: 500 };

test('a meeting has who is invited by name or through a group, each once, and to expand it again is nothing', () => {
  fc.assert(
    fc.property(memberships, lists, (members, list) => {
      const made = expand(members, undefined, meeting(list.map((id) => line(id))));
      expect(ids(made).toSorted()).toEqual([...wanted(list, members)].toSorted());
      expect(expand(members, made, made)).toBe(made);
      expect(expand(members, made, made, 'all')).toBe(made);
    }),
    RUNS,
  );
});

test('whatever a client sends, who stays has the answer that was given, and the others are those of its list', () => {
  fc.assert(
    fc.property(memberships, lists, lists, fc.boolean(), (members, list, next, keepsLines) => {
      const before = answered(expand(members, undefined, meeting(list.map((id) => line(id)))));
      // Some clients leave the lines of members out, others keep them; who is then invited by name has another.
      const isKept = ({ value, params }: Property): boolean => params.has('MEMBER') && !next.includes(idOf(value));
      const kept = keepsLines ? attendees(before).filter(isKept) : [];
      const sent = next.map((id) => line(id));
      const made = expand(members, before, meeting([...sent, ...kept]));
      expect(ids(made).toSorted()).toEqual([...wanted(next, members)].toSorted());
      for (const { value, params } of attendees(made)) {
        const isThrough = params.has('MEMBER') && ids(before).includes(idOf(value));
        if (isThrough && !next.includes(idOf(value))) expect(params.get('PARTSTAT')).toEqual(['ACCEPTED']);
      }
    }),
    RUNS,
  );
});

test('a meeting that follows its groups has their members of now, and all others with their answers', () => {
  fc.assert(
    fc.property(memberships, memberships, lists, (then, now, list) => {
      const before = answered(expand(then, undefined, meeting(list.map((id) => line(id)))));
      // Of a group through which nobody is there, it is not known whether it was ever looked at.
      const isThrough = (group: string): boolean =>
        attendees(before).some(({ params }) => params.get('MEMBER')?.includes(addressOf(group)) === true);
      const isKnown = GROUPS.every((group) => !list.includes(group) || isThrough(group));
      if (isKnown) expect(ids(expand(now, before, before))).toEqual(ids(before));
      const made = expand(now, before, before, 'all');
      expect(ids(made).toSorted()).toEqual([...wanted(list, now)].toSorted());
      for (const { value, params } of attendees(made)) {
        expect(params.get('PARTSTAT')).toEqual([ids(before).includes(idOf(value)) ? 'ACCEPTED' : 'NEEDS-ACTION']);
      }
      expect(expand(now, made, made, 'all')).toBe(made);
    }),
    RUNS,
  );
});
