import { describe, expect, test } from 'vitest';

import { parseCalendar } from '../../src/ical/parse.ts';
import { instanceForm, publicForm, textOf, type PublicForm } from '../../src/ical/public-form.ts';
import { recurrenceSet } from '../../src/ical/recurrence.ts';
import { UTC, zonesOf } from '../../src/ical/timezone.ts';
import { writeComponent } from '../../src/ical/write.ts';

const ALL: PublicForm = { people: false, categories: undefined };
const calendar = (...lines: readonly string[]) =>
  parseCalendar(['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//T//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n'));
const component = (name: string, ...lines: readonly string[]): readonly string[] => [
  ...[`BEGIN:${name}`, 'UID:u', 'DTSTAMP:20260301T000000Z', ...lines, `END:${name}`],
];
const vevent = (...lines: readonly string[]) => component('VEVENT', 'DTSTART:20260302T090000Z', ...lines);
const override = (id: string, ...lines: readonly string[]) =>
  component('VEVENT', `RECURRENCE-ID${id}`, 'DTSTART:20260303T120000Z', ...lines);
/** The lines of what is shown, without those that every one has; undefined: nothing is. */
const shown = (lines: readonly string[], asked: PublicForm = ALL): readonly string[] | undefined => {
  const form = publicForm(calendar(...lines), asked);
  return (
    form &&
    writeComponent(form)
      .split('\r\n')
      .filter((line) => line !== '' && !/VCALENDAR|^(?:VERSION|PRODID|UID|DTSTAMP)/.test(line))
  );
};
const TERM: PublicForm = { people: false, categories: ['ÜBUNG', 'term'] };

describe('the public form of an object', () => {
  test('has what is on the list, with the parameters that are', () => {
    const lines = vevent(
      'SUMMARY;LANGUAGE=de;X-A=b;ALTREP="https://x.example/":Hallo',
      'X-NEW:1',
      'COMMENT:no',
      'CATEGORIES:a',
    );
    expect(shown(lines)).toEqual([
      ...['BEGIN:VEVENT', 'DTSTART:20260302T090000Z', 'SUMMARY;LANGUAGE=de:Hallo', 'CATEGORIES:a', 'END:VEVENT'],
    ]);
  });

  test('has people where they are asked for, by their names and answers alone', () => {
    const lines = vevent('ATTENDEE;CN=B;PARTSTAT=ACCEPTED;X-NUM=1;EMAIL=b@x.example:mailto:b@example.com', 'CONTACT:C');
    expect(shown(lines)).toEqual(['BEGIN:VEVENT', 'DTSTART:20260302T090000Z', 'END:VEVENT']);
    expect(shown(lines, { ...ALL, people: true })?.slice(2, 4)).toEqual([
      ...['ATTENDEE;CN=B;PARTSTAT=ACCEPTED:mailto:b@example.com', 'CONTACT:C'],
    ]);
  });

  test.each(['VFREEBUSY', 'VAVAILABILITY', 'VPOLL', 'X-OWN'])('there is none of %s', (name) => {
    expect(shown(component(name))).toBeUndefined();
  });

  test.each(['PRIVATE', 'private ', 'X-ANY', ''])(
    'there is none of CLASS:%s, also where one day alone has it',
    (value) => {
      expect(shown(vevent(`CLASS:${value}`))).toBeUndefined();
      expect(
        shown([...vevent('RRULE:FREQ=DAILY'), ...override(':20260303T090000Z', `CLASS:${value}`)]),
      ).toBeUndefined();
    },
  );

  test('is there for one of the categories, in any case and any form of Unicode', () => {
    expect(shown(vevent('CATEGORIES:a,Term'), TERM)).toBeDefined();
    expect(shown(vevent('CATEGORIES:x', 'CATEGORIES:U\u0308bung'), TERM)).toBeDefined();
    for (const lines of [vevent(), vevent('CATEGORIES:terms'), vevent('CATEGORIES:te\\,rm')]) {
      expect(shown(lines, TERM)).toBeUndefined();
    }
  });

  test('of a series without the category has the days that are in it', () => {
    const lines = [...vevent('RRULE:FREQ=DAILY'), ...override(':20260303T090000Z', 'CATEGORIES:term')];
    expect(shown(lines, TERM)?.filter((line) => /BEGIN|RRULE|RECURRENCE/.test(line))).toEqual([
      ...['BEGIN:VEVENT', 'RECURRENCE-ID:20260303T090000Z'],
    ]);
  });

  test('of a series in the category lacks the days that are not, in the form of their ids', () => {
    const lines = [...vevent('RRULE:FREQ=DAILY', 'CATEGORIES:term'), ...override(';VALUE=DATE:20260303')];
    expect(shown(lines, TERM)?.filter((line) => /BEGIN|EXDATE|RECURRENCE/.test(line))).toEqual([
      ...['BEGIN:VEVENT', 'EXDATE;VALUE=DATE:20260303'],
    ]);
    const ranged = [
      ...vevent('RRULE:FREQ=DAILY', 'CATEGORIES:term'),
      ...override(';RANGE=THISANDFUTURE:20260303T090000Z'),
    ];
    expect(shown(ranged, TERM)).toBeUndefined();
  });
});

test('has the time zones of what is shown alone, and of them what tells the time', () => {
  const zone = (tzid: string) => [
    ...['BEGIN:VTIMEZONE', `TZID:${tzid}`, 'X-LIC-LOCATION:Home', 'COMMENT:For the dentist', 'BEGIN:STANDARD'],
    ...['DTSTART:19700101T000000', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0100', 'TZNAME:CET', 'COMMENT:x', 'END:STANDARD'],
    ...['BEGIN:X-OWN', 'X-A:b', 'END:X-OWN', 'END:VTIMEZONE'],
  ];
  const lines = component('VEVENT', 'DTSTART;TZID=Own:20260302T090000', 'CATEGORIES:Term');
  const hidden = component(
    'VEVENT',
    ...['RECURRENCE-ID;TZID=Own:20260303T090000', 'DTSTART;TZID=Elsewhere:20260303T090000'],
  );
  expect(shown([...zone('Own'), ...zone('Elsewhere'), ...lines, ...hidden], TERM)).toEqual([
    ...['BEGIN:VTIMEZONE', 'TZID:Own', 'BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0100'],
    ...['TZOFFSETTO:+0100', 'TZNAME:CET', 'END:STANDARD', 'END:VTIMEZONE'],
    ...['BEGIN:VEVENT', 'DTSTART;TZID=Own:20260302T090000', 'CATEGORIES:Term'],
    ...['EXDATE;TZID=Own:20260303T090000', 'END:VEVENT'],
  ]);
});

describe('an instance as an event of its own', () => {
  const instances = (lines: readonly string[]) => {
    const form = publicForm(calendar(...lines), ALL)!;
    const context = { zones: zonesOf(form), floating: UTC };
    return [
      ...recurrenceSet(form.components, context).instances({ from: Date.UTC(2026, 2, 1), to: Date.UTC(2026, 2, 4) }),
    ].map((instance) =>
      writeComponent(instanceForm(instance, 'own'))
        .split('\r\n')
        .filter((line) => /^(?:UID|D(?:TSTART|TEND|UE|URATION)|R|EX)/.test(line)),
    );
  };

  test('has its times in UTC, its own UID, and nothing of the series', () => {
    expect(instances(vevent('DURATION:PT90M', 'RRULE:FREQ=DAILY;COUNT=9', 'EXDATE:20260303T090000Z'))).toEqual([
      ['UID:own', 'DTSTART:20260302T090000Z', 'DTEND:20260302T103000Z'],
    ]);
  });

  test('of a whole day stays one, and of a task has its DUE', () => {
    const day = component('VEVENT', 'DTSTART;VALUE=DATE:20260302', 'DTEND;VALUE=DATE:20260304');
    expect(instances(day)).toEqual([['UID:own', 'DTSTART;VALUE=DATE:20260302', 'DTEND;VALUE=DATE:20260304']]);
    expect(instances(component('VTODO', 'DUE:20260302T100000Z'))).toEqual([['UID:own', 'DUE:20260302T100000Z']]);
  });
});

test('a text is unescaped, and none where it is blank', () => {
  const { components } = calendar(...vevent('SUMMARY:a\\, b\\nc', 'LOCATION:  '));
  expect([
    textOf(components[0]!, 'SUMMARY'),
    textOf(components[0]!, 'LOCATION'),
    textOf(components[0]!, 'URL'),
  ]).toEqual([...['a, b\nc', undefined, undefined]]);
});
