import { describe, expect, test } from 'vitest';

import type { Component } from '../../src/ical/component.ts';
import { parseCalendars } from '../../src/ical/parse.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { isOneOf } from '../../src/itip/address.ts';
import type { CalendarUser, Directory, Groups } from '../../src/scheduling/directory.ts';
import { expandGroups, type GroupExpansion } from '../../src/scheduling/expand-groups.ts';

const addressOf = (id: string): string => `mailto:${id}@example.com`;

/** People and groups by their ids, and the members of the groups. */
function world(members: Readonly<Record<string, readonly string[]>>): { directory: Directory; groups: Groups } {
  const ids = new Set(['me', 'ann', 'ben', 'cat', ...Object.keys(members), ...Object.values(members).flat()]);
  const users = new Map<string, CalendarUser>();
  for (const id of ids) {
    const me = isOneOf(addressOf(id), `urn:uuid:${id}`);
    users.set(id, { id, me, hasHome: members[id] === undefined } as CalendarUser);
  }
  const groups = new Map(
    Object.entries(members).map(([id, people]) => [
      id,
      people.map((each) => ({ id: each, address: addressOf(each), name: each, type: 'INDIVIDUAL' as const })),
    ]),
  );
  return { directory: { find: (address) => [...users.values()].find(({ me }) => me(address)) }, groups };
}

/** A meeting of components, each of lines of who is invited; an override begins with its day. */
function calendar(...components: readonly (readonly string[])[]): Component {
  const lines = components.flatMap((attendees) => {
    const day = attendees[0]?.startsWith('2026') === true ? attendees[0] : undefined;
    return [
      ...['BEGIN:VEVENT', 'UID:m', 'DTSTART:20260302T090000Z', `ORGANIZER:${addressOf('me')}`],
      day === undefined ? 'RRULE:FREQ=DAILY' : `RECURRENCE-ID:${day}`,
      ...attendees.slice(day === undefined ? 0 : 1).map((each) => `ATTENDEE${each}`),
      'END:VEVENT',
    ];
  });
  const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...lines, 'END:VCALENDAR', ''].join('\r\n');
  return parseCalendars(Buffer.from(text)).calendars[0]!;
}

const named = (id: string): string => `:${addressOf(id)}`;
const through = (id: string, ...groups: readonly string[]): string =>
  `;MEMBER=${groups.map((group) => `"${addressOf(group)}"`).join(',')}:${addressOf(id)}`;

/** Who is invited by each component: `ann` by name, `ann<team` through a group; in small letters what they answered. */
function invited({ components }: Component): readonly string[] {
  return components.map(({ properties }) =>
    properties
      .filter(({ name }) => name === 'ATTENDEE')
      .map(({ value, params }) => {
        const who = (address: string): string => address.replace(/^mailto:|@example\.com$/g, '');
        const groups = params.get('MEMBER')?.map(who).join('+');
        const partstat = params.get('PARTSTAT')?.[0];
        const said = partstat === undefined || partstat === 'NEEDS-ACTION' ? '' : `=${partstat}`;
        return `${who(value)}${groups === undefined ? '' : `<${groups}`}${said}`;
      })
      .join(' '),
  );
}

const expand = (
  members: Readonly<Record<string, readonly string[]>>,
  change: Pick<GroupExpansion, 'before' | 'after'> & Partial<GroupExpansion>,
): Component => expandGroups({ ...world(members), me: isOneOf(addressOf('me')), refresh: 'new', ...change });

describe('a group that is new', () => {
  const members = { team: ['me', 'ann', 'ben'] };

  test('has a line for each member but the organizer, and its own', () => {
    const made = expand(members, {
      before: undefined,
      after: calendar([';ROLE=OPT-PARTICIPANT:mailto:team@example.com']),
    });
    expect(invited(made)).toEqual(['team ann<team ben<team']);
    const text = writeComponent(made).replaceAll('\r\n ', '');
    expect(text).toContain('ATTENDEE;ROLE=OPT-PARTICIPANT;CUTYPE=GROUP:mailto:team@example.com');
    expect(text).toContain(
      'ATTENDEE;CN=ann;CUTYPE=INDIVIDUAL;ROLE=OPT-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;MEMBER="mailto:team@example.com":mailto:ann@example.com',
    );
  });

  test('is the same in every component that invites it, and in no other', () => {
    const after = calendar([named('team')], ['20260303T090000Z', named('cat')], ['20260304T090000Z', named('team')]);
    expect(invited(expand(members, { before: undefined, after }))).toEqual([
      'team ann<team ben<team',
      'cat',
      'team ann<team ben<team',
    ]);
  });

  test('does not double who is invited by name, by any address, nor who is in two groups', () => {
    const after = calendar([';PARTSTAT=ACCEPTED:urn:uuid:ann', named('team'), named('club')]);
    const made = expand({ ...members, club: ['ben', 'cat', 'ann'] }, { before: undefined, after });
    expect(invited(made)).toEqual(['urn:uuid:ann=ACCEPTED team club ben<team+club cat<club']);
  });

  test('keeps the answers of those who were invited by name until now', () => {
    const before = calendar([`;PARTSTAT=DECLINED${named('ann')}`]);
    const after = calendar([named('team')]);
    expect(invited(expand(members, { before, after }))).toEqual(['team ann<team=DECLINED ben<team']);
  });

  test('is left to the client that says so, and to who may not be seen', () => {
    const after = calendar([`;SCHEDULE-AGENT=CLIENT${named('team')}`, named('secret')]);
    expect(expand(members, { before: undefined, after })).toBe(after);
  });

  test('may be empty', () => {
    const after = calendar([`;CUTYPE=group${named('empty')}`]);
    expect(expand({ empty: [] }, { before: undefined, after })).toBe(after);
  });
});

describe('a group that was invited before', () => {
  const before = calendar([
    `;CUTYPE=GROUP${named('team')}`,
    `;PARTSTAT=ACCEPTED${through('ann', 'team')}`,
    through('ben', 'team'),
  ]);
  const now = { team: ['ann', 'cat'] };

  test('has the members of then, however a client writes it', () => {
    for (const after of [
      before,
      calendar([named('team')]),
      calendar([named('team'), named('ben')]),
      calendar([named('team'), `;PARTSTAT=ACCEPTED${named('ann')}`]),
    ]) {
      const [people] = invited(expand(now, { before, after }));
      expect(people?.split(' ').toSorted()).toEqual(['ann<team=ACCEPTED', 'ben<team', 'team']);
    }
  });

  test('has the members of now when they are asked for', () => {
    expect(invited(expand(now, { before, after: before, refresh: 'all' }))).toEqual([
      'team ann<team=ACCEPTED cat<team',
    ]);
    expect(expand({ team: ['ann', 'ben'] }, { before, after: before, refresh: 'all' })).toBe(before);
  });

  test('goes with those who were there through it alone', () => {
    const after = calendar([`;PARTSTAT=ACCEPTED${through('ann', 'team')}`, through('ben', 'team'), named('cat')]);
    expect(invited(expand(now, { before, after }))).toEqual(['cat']);
  });

  test('leaves those who are there through another', () => {
    const two = calendar([named('team'), named('club'), through('ann', 'team', 'club'), through('ben', 'team')]);
    const after = calendar([named('club'), through('ann', 'team', 'club'), through('ben', 'team')]);
    expect(invited(expand({ ...now, club: ['ann'] }, { before: two, after }))).toEqual(['club ann<club']);
  });

  test('leaves those whom the client then invites by name', () => {
    const after = calendar([named('ben'), named('cat')]);
    expect(invited(expand(now, { before, after }))).toEqual(['ben cat']);
  });

  test('has in a new override those of the series, with their answers', () => {
    const after = calendar([named('team')], ['20260303T090000Z', named('team')]);
    expect(invited(expand(now, { before, after }))).toEqual([
      'team ann<team=ACCEPTED ben<team',
      'team ann<team=ACCEPTED ben<team',
    ]);
  });

  test('need not exist any more for its members to go with it', () => {
    const after = calendar([through('ann', 'team'), named('cat')]);
    expect(invited(expand({}, { before, after }))).toEqual(['cat']);
  });
});

test('whom a client claims to be in a group is invited by name', () => {
  const after = calendar([named('team'), through('cat', 'team')]);
  expect(invited(expand({ team: ['ann'] }, { before: undefined, after }))).toEqual(['team cat ann<team']);
});

test('of groups elsewhere nothing is known, and nothing is changed', () => {
  const after = calendar([
    ':mailto:list@elsewhere.example',
    ';MEMBER="mailto:list@elsewhere.example":mailto:x@elsewhere.example',
  ]);
  expect(expand({}, { before: undefined, after })).toBe(after);
});
