import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/base/refusal.ts';
import type { Component } from '../../src/ical/component.ts';
import { jcalText } from '../../src/ical/jcal-write.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { xcalText } from '../../src/ical/xcal-write.ts';
import { normal } from './normal-component.ts';
import { fromJcal, fromXcal } from './other-forms.ts';

/*
 * Every calendar that we have goes through jCal and through xCal, and comes back with every component, property,
 * parameter and value, in their order. Two calendars are equal where `normal` makes the same of both. What it leaves out
 * of account is what RFC 7265 and RFC 6321 have no place for:
 *
 *   VALUE that says the default type      RFC 7265 §3.5.1, RFC 6321 §3.5: the type is told for each property
 *   ENCODING=BASE64 of BINARY             RFC 7265 §3.6.1, RFC 6321 §3.6.1: all BINARY is base 64
 *   how a text is escaped                 RFC 7265 §3.3, RFC 6321 §3.4.1: escapes are undone
 *   +1, 007 and 1.50                      RFC 7265 §3.6.5, §3.6.6: numbers are those of JSON
 *   order of parameters and rule parts    RFC 7265 §3.4, §3.6.10: both are objects
 *   upper and lower case of BOOLEAN       RFC 7265 §3.6.2, RFC 6321 §3.6.2
 *   folding and line ends                 RFC 7265 §3.2, RFC 6321 §3.1
 *
 * And of xCal, whose schema makes them xsd:anyURI: blanks around an address (RFC 6321 Appendix A).
 */
const ROOTS = {
  'test/fixtures': new URL('../fixtures/', import.meta.url),
  '../shared/conformance': new URL('../../../shared/conformance/', import.meta.url),
  '../shared/clients': new URL('../../../shared/clients/', import.meta.url),
  '../shared/oracles': new URL('../../../shared/oracles/', import.meta.url),
};

/** A calendar without blanks around its addresses. */
const collapsed = (component: Component): Component => ({
  ...component,
  properties: component.properties.map((property) =>
    ['ATTENDEE', 'ORGANIZER'].includes(property.name) ? { ...property, value: property.value.trim() } : property,
  ),
  components: component.components.map(collapsed),
});

interface Form {
  readonly form: string;
  /** There and back. */
  readonly through: (calendar: Component) => Component;
  /** What has to come back. */
  readonly kept: (calendar: Component) => Component;
}

const FORMS: readonly Form[] = [
  { form: 'jCal', through: (calendar) => fromJcal(jcalText(calendar)), kept: (calendar) => calendar },
  { form: 'xCal', through: (calendar) => fromXcal(xcalText(calendar)), kept: collapsed },
];

const again = (calendar: Component): Component => parseCalendar(writeComponent(calendar));

/** What a client could send of a file; undefined for one that is made to be refused. */
function calendarIn(octets: Buffer): Component | undefined {
  try {
    return parseCalendar(octets);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

const all = Object.entries(ROOTS).map(([name, root]) => {
  const files = existsSync(root)
    ? (readdirSync(root, { recursive: true }) as string[]).filter((file) => file.endsWith('.ics')).sort()
    : [];
  if (files.length === 0 && name !== '../shared/clients') console.warn(`SKIPPED: no calendar is read from ${name}`);
  return { name, root, files };
});

describe.each(all.filter(({ files }) => files.length > 0))('$name', ({ root, files }) => {
  const calendars = files.map((file) => ({ file, calendar: calendarIn(readFileSync(new URL(encodeURI(file), root))) }));
  const readable = calendars.flatMap(({ file, calendar }) => (calendar === undefined ? [] : [{ file, calendar }]));

  test.each(FORMS)('each calendar comes back from $form with every property, parameter and value', (way) => {
    const lost = readable.filter(({ calendar }) => {
      const wanted = normal(way.kept(calendar));
      const back = way.through(calendar);
      return !isDeepStrictEqual(normal(back), wanted) || !isDeepStrictEqual(normal(again(back)), wanted);
    });
    expect(lost.map(({ file }) => file)).toEqual([]);
  });

  test('nearly all of them are calendars', () => {
    expect(readable.length).toBeGreaterThan(files.length * 0.9);
  });
});

test('equality leaves nothing else out of account: what differs is found', () => {
  const source = readFileSync(new URL('ical/style-outlook-invitation.ics', ROOTS['test/fixtures']), 'utf8');
  const calendar = normal(parseCalendar(source));
  const changes: readonly (readonly [RegExp, string])[] = [
    [/PARTSTAT=NEEDS-ACTION/, 'PARTSTAT=ACCEPTED'],
    [/DTSTART;/, 'DTSTART;X-A=1;'],
    [/UID:./, 'UID:other'],
    [/BEGIN:VALARM[^]*END:VALARM\r?\n/, ''],
    [/SEQUENCE:\d+/, 'SEQUENCE:77'],
  ];
  for (const [what, by] of changes) {
    expect(source, String(what)).toMatch(what);
    expect(normal(parseCalendar(source.replace(what, by))), String(what)).not.toEqual(calendar);
  }
});

test.each(FORMS)('a rule with a blank after a part comes back from $form as it was', ({ through }) => {
  const lines = [
    'BEGIN:VCALENDAR',
    'BEGIN:VEVENT',
    'RRULE:FREQ=WEEKLY;BYDAY=TH ;COUNT=6',
    'END:VEVENT',
    'END:VCALENDAR',
  ];
  const calendar = parseCalendar(`${lines.join('\r\n')}\r\n`);
  expect(normal(again(through(calendar)))).toEqual(normal(calendar));
});
