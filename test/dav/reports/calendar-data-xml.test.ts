import { describe, expect, test } from 'vitest';
import { BadRequest } from '../../../src/base/refusal.ts';
import { parseCalendarData } from '../../../src/dav/reports/calendar-data-xml.ts';
import { parseXml } from '../../../src/dav/xml/parse.ts';
import type { DataRequest } from '../../../src/ical/data-request.ts';

const parse = (inside: string, attributes = ''): DataRequest | undefined => {
  const xml = `<C:calendar-data xmlns:C="urn:ietf:params:xml:ns:caldav"${attributes}>${inside}</C:calendar-data>`;
  return parseCalendarData(parseXml(new TextEncoder().encode(xml), { octets: 100_000, depth: 64, elements: 1000 }));
};

const RANGE = 'start="20060103T000000Z" end="20060105T000000Z"';
const INSTANTS = { start: Date.UTC(2006, 0, 3), end: Date.UTC(2006, 0, 5) };

describe('what is asked for (RFC 4791 §9.6)', () => {
  test('an empty element asks for the whole object', () => {
    expect(parse('')).toBeUndefined();
    expect(parse('', ' content-type="text/calendar" version="2.0"')).toBeUndefined();
    expect(parse('', ' content-type="Text/Calendar; charset=utf-8"')).toBeUndefined();
  });

  test('so does allprop with allcomp, and a comp without any child', () => {
    expect(parse('<C:comp name="VCALENDAR"><C:allprop/><C:allcomp/></C:comp>')).toBeUndefined();
    expect(parse('<C:comp name="VCALENDAR"/>')).toBeUndefined();
  });

  test('expand and the limits have their ranges', () => {
    expect(parse(`<C:expand ${RANGE}/>`)).toEqual({ expand: INSTANTS });
    expect(parse(`<C:limit-recurrence-set ${RANGE}/><C:limit-freebusy-set ${RANGE}/>`)).toEqual({
      limitRecurrenceSet: INSTANTS,
      limitFreebusySet: INSTANTS,
    });
    expect(parse(`<C:comp name="VCALENDAR"/><C:expand ${RANGE}/>`)).toEqual({ expand: INSTANTS });
  });

  test('a comp has what it names, and no property where it names none', () => {
    const xml =
      '<C:comp name="vcalendar"><C:comp name="VEVENT"><C:prop name="summary"/><C:prop name="X-A" novalue="yes"/>' +
      '<C:prop name="UID" novalue="no"/></C:comp><C:comp name="VTIMEZONE"/></C:comp>';
    expect(parse(xml)).toEqual({
      comp: {
        name: 'VCALENDAR',
        props: new Map(),
        comps: new Map([
          [
            'VEVENT',
            {
              name: 'VEVENT',
              props: new Map([
                ['SUMMARY', { noValue: false }],
                ['X-A', { noValue: true }],
                ['UID', { noValue: false }],
              ]),
              comps: new Map(),
            },
          ],
          ['VTIMEZONE', { name: 'VTIMEZONE', props: 'all', comps: 'all' }],
        ]),
      },
    });
  });

  test('allprop without components leaves the components out', () => {
    expect(parse('<C:comp name="VCALENDAR"><C:allprop/></C:comp>')).toEqual({
      comp: { name: 'VCALENDAR', props: 'all', comps: new Map() },
    });
  });
});

describe('what is refused', () => {
  test.each([
    [' content-type="text/vcalendar" version="2.0"'],
    [' content-type="text/calendar" version="3.0"'],
    [' content-type="application/json"'],
    [' content-type=""'],
  ])('another media type or version:%s', (attributes) => {
    expect(() => parse('', attributes)).toThrow(expect.objectContaining({ code: 'supported-calendar-data' }));
  });

  test.each([
    ['expand without an end', '<C:expand start="20060103T000000Z"/>'],
    ['expand without a start', '<C:expand end="20060103T000000Z"/>'],
    ['expand of nothing', '<C:expand/>'],
    ['expand backwards', '<C:expand start="20060105T000000Z" end="20060103T000000Z"/>'],
    ['expand of dates', '<C:expand start="20060103" end="20060105"/>'],
    ['a limit without an end', '<C:limit-recurrence-set start="20060103T000000Z"/>'],
    ['expand beside limit-recurrence-set', `<C:expand ${RANGE}/><C:limit-recurrence-set ${RANGE}/>`],
    ['expand twice', `<C:expand ${RANGE}/><C:expand ${RANGE}/>`],
    ['a comp that is not VCALENDAR', '<C:comp name="VEVENT"/>'],
    ['a comp without a name', '<C:comp/>'],
    ['a prop without a name', '<C:comp name="VCALENDAR"><C:prop/></C:comp>'],
    ['a novalue that is neither yes nor no', '<C:comp name="VCALENDAR"><C:prop name="A" novalue="1"/></C:comp>'],
  ])('%s', (_, xml) => {
    expect(() => parse(xml)).toThrow(BadRequest);
  });
});
