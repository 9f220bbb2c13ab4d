import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseCalendarData } from '../../../src/dav/reports/calendar-data-xml.ts';
import { parseFilter } from '../../../src/dav/reports/filter-xml.ts';
import { caldav, dav } from '../../../src/dav/xml/names.ts';
import type { XmlNode } from '../../../src/dav/xml/node.ts';
import { childOf, childrenOf, parseXml } from '../../../src/dav/xml/parse.ts';
import { matchesFilter } from '../../../src/ical/filter.ts';
import { busyPeriods, mergeBusy, writeFreeBusy } from '../../../src/ical/freebusy.ts';
import { parseCalendar } from '../../../src/ical/parse.ts';
import { calendarData } from '../../../src/ical/subset.ts';
import { UTC, zoneByTzid } from '../../../src/ical/timezone.ts';

const read = (name: string): Uint8Array => readFileSync(`${import.meta.dirname}/../../fixtures/rfc4791/${name}`);
const xml = (name: string): XmlNode => parseXml(read(name), { octets: 100_000, depth: 64, elements: 1000 });

/** The calendar collection of RFC 4791 Appendix B. */
const OBJECTS = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `abcd${number}.ics`);

function matchesOf(section: string, floating = UTC): string[] {
  const filter = parseFilter(childOf(xml(`${section}-request.xml`), caldav('filter'))!);
  return OBJECTS.filter((name) => matchesFilter(parseCalendar(read(name)), filter, { floating }));
}

function dataOf(section: string, name: string): string {
  const prop = childOf(xml(`${section}-request.xml`), dav('prop'))!;
  const request = parseCalendarData(childOf(prop, caldav('calendar-data'))!);
  return calendarData(read(name), request, { floating: UTC });
}

/** The calendar-data that the RFC answers with for an object. */
function answerOf(section: string, name: string): string {
  for (const response of childrenOf(xml(`${section}-response.xml`), dav('response'))) {
    if (!childOf(response, dav('href'))?.text.endsWith(name)) continue;
    const propstat = childOf(response, dav('propstat'));
    return childOf(childOf(propstat!, dav('prop'))!, caldav('calendar-data'))!.text;
  }
  return '';
}

/** Content lines without regard to their order inside one component. */
const sorted = (calendar: string): string[] => {
  const blocks = calendar.trim().split(/\r?\n(?=BEGIN:|END:)/);
  return blocks.map((block) => block.split(/\r?\n/).sort().join('\n'));
};

describe('which objects match', () => {
  test.each([
    ['7.8.1', ['abcd2.ics', 'abcd3.ics']],
    ['7.8.2', ['abcd2.ics', 'abcd3.ics']],
    ['7.8.3', ['abcd2.ics', 'abcd3.ics']],
    ['7.8.4', ['abcd8.ics']],
    ['7.8.6', ['abcd3.ics']],
    ['7.8.7', ['abcd3.ics']],
    ['7.8.8', ['abcd1.ics', 'abcd2.ics', 'abcd3.ics']],
    ['7.8.9', ['abcd4.ics', 'abcd5.ics']],
  ])('RFC 4791 §%s', (section, names) => {
    expect(matchesOf(section)).toEqual(names);
  });

  test('RFC 4791 §7.8.5 asks for alarms after 10:00 UTC: the task due on 6 January matches only west of UTC-10', () => {
    // Its alarm rings ten minutes before that date begins. The answer in the RFC shows other data than Appendix B.
    expect(matchesOf('7.8.5')).toEqual([]);
    expect(matchesOf('7.8.5', zoneByTzid('Pacific/Pago_Pago'))).toEqual(['abcd5.ics']);
  });
});

describe('what is returned of them', () => {
  test('RFC 4791 §7.8.1: partial retrieval, with a comp that is empty and so whole', () => {
    // Against Appendix B, the answer has a second override of abcd2 and a PRODID on abcd3 that nobody asked for.
    const answer = answerOf('7.8.1', 'abcd2.ics').replace(
      /BEGIN:VEVENT\n(?:(?!BEGIN)[^])*Event #2 bis bis[^]*?END:VEVENT\n/,
      '',
    );
    expect(sorted(dataOf('7.8.1', 'abcd2.ics'))).toEqual(sorted(answer));
    const third = answerOf('7.8.1', 'abcd3.ics').replace('PRODID:-//Example Corp.//CalDAV Client//EN\n', '');
    expect(sorted(dataOf('7.8.1', 'abcd3.ics'))).toEqual(sorted(third));
  });

  test('RFC 4791 §7.8.2: the overrides that have to do with the range', () => {
    expect(sorted(dataOf('7.8.2', 'abcd2.ics'))).toEqual(sorted(answerOf('7.8.2', 'abcd2.ics')));
    expect(dataOf('7.8.2', 'abcd3.ics')).toBe(Buffer.from(read('abcd3.ics')).toString());
  });

  test('RFC 4791 §7.8.3: instances in UTC (in the answer of the RFC, the times lack their Z)', () => {
    const answer = (name: string): string =>
      answerOf('7.8.3', name)
        .replace(/^((?:DTSTART|RECURRENCE-ID):\d{8}T\d{6})$/gm, '$1Z')
        .replace(/X-ABC-GUID.*\n/, '');
    expect(sorted(dataOf('7.8.3', 'abcd2.ics'))).toEqual(sorted(answer('abcd2.ics')));
    expect(sorted(dataOf('7.8.3', 'abcd3.ics'))).toEqual(
      sorted(answer('abcd3.ics').replace('Description', 'DESCRIPTION')),
    );
  });

  test('RFC 4791 §7.8.4: the periods of the range (the answer in the RFC has other bounds than Appendix B)', () => {
    const answer = answerOf('7.8.4', 'abcd8.ics')
      .replace('DTSTART:20060101T100000Z', 'DTSTART:20060101T000000Z')
      .replace('DTEND:20060108T100000Z', 'DTEND:20060108T000000Z');
    expect(sorted(dataOf('7.8.4', 'abcd8.ics'))).toEqual(sorted(answer));
  });
});

test('RFC 4791 §7.10.1: free-busy of 4 January, 9:00 to 17:00 EST', () => {
  // The prose names this end; the request has 5 January.
  const range = { start: Date.UTC(2006, 0, 4, 14), end: Date.UTC(2006, 0, 4, 22) };
  const periods = OBJECTS.flatMap((name) => busyPeriods(parseCalendar(read(name)), range, { floating: UTC }));
  const answer = writeFreeBusy(mergeBusy(periods), range, Date.UTC(2005, 0, 25, 9));
  const expected = Buffer.from(read('7.10.1-response.ics'))
    .toString()
    .replace(/T150000Z\/PT1H/, 'T150000Z/20060104T160000Z')
    .replace(/T190000Z\/PT1H/, 'T190000Z/20060104T200000Z')
    .replace('DTEND:20060105T220000Z', 'DTEND:20060104T220000Z');
  const without = (text: string): string => text.replace(/^(?:UID|PRODID):.*\r\n/gm, '');
  expect(without(answer)).toBe(without(expected));
});
