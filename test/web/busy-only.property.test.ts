import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { LINK_FORMATS } from '../../src/calendar/link-scope.ts';
import { CALENDAR_TYPE, ics, startDavServer, type DavServer } from '../dav-server.ts';
import { link, visit } from './link-server.ts';

/** Security 17: whatever an event says, a link to busy time alone tells of it when, and nothing else. */
let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: ['alice'] });
});
afterAll(() => server.close());

/** In each text of an event: no hour, day or word of ours holds it. */
const MARK = 'zqMARKqz';

const TEXTS = [
  'SUMMARY',
  'DESCRIPTION',
  'LOCATION',
  'COMMENT',
  'CONTACT',
  'CATEGORIES',
  'RESOURCES',
  'X-MARKED',
  'X-APPLE-STRUCTURED-LOCATION',
];
const URIS = ['URL', 'ATTACH', 'CONFERENCE;VALUE=URI', 'IMAGE;VALUE=URI'];

const line = fc.oneof(
  fc.constantFrom(...TEXTS).map((name) => `${name}:${MARK} text`),
  fc
    .constantFrom(...TEXTS.slice(0, 3))
    .map((name) => `${name};LANGUAGE=${MARK};ALTREP="https://${MARK}.example/":words`),
  fc.constantFrom(...URIS).map((name) => `${name}:https://example.com/${MARK}`),
  fc.constantFrom('PUBLIC', 'PRIVATE', 'CONFIDENTIAL', `X-${MARK}`).map((value) => `CLASS:${value}`),
  fc.constant(`ATTENDEE;CN=${MARK}:mailto:${MARK}@example.com`),
  fc.constant(`ORGANIZER;CN=${MARK};SENT-BY="mailto:${MARK}@example.com":mailto:${MARK}@example.com`),
  fc.constant(`X-CALENDARSERVER-PRIVATE-COMMENT:${MARK}`),
  fc.constant(`RELATED-TO:${MARK}`),
  fc.constantFrom('RRULE:FREQ=WEEKLY;COUNT=3', 'RRULE:FREQ=DAILY;INTERVAL=2;COUNT=5'),
  fc.constant(
    [
      'BEGIN:VALARM',
      'ACTION:EMAIL',
      `SUMMARY:${MARK}`,
      `DESCRIPTION:${MARK}`,
      `ATTENDEE:mailto:${MARK}@x.example`,
      'TRIGGER:-PT5M',
      'END:VALARM',
    ].join('\r\n'),
  ),
);

const ONCE = /^(?:SUMMARY|DESCRIPTION|LOCATION|CLASS|URL|ORGANIZER|RRULE)\b/;

/** At most one of each property of which there can be one. */
const lines = fc.array(line, { maxLength: 8 }).map((all) => {
  const seen = new Set<string>();
  return all.filter((each) => {
    const name = ONCE.exec(each)?.[0];
    if (name === undefined) return true;
    if (seen.has(name)) return false;
    return seen.add(name);
  });
});

const zoned = [
  ...['BEGIN:VTIMEZONE', `TZID:${MARK}/zone`, `X-LIC-LOCATION:${MARK}`, 'BEGIN:STANDARD', 'DTSTART:19700101T000000'],
  ...[`TZNAME:${MARK}`, 'TZOFFSETFROM:+0200', 'TZOFFSETTO:+0200', 'END:STANDARD', 'END:VTIMEZONE'],
];

const sample = fc.record({
  lines,
  hour: fc.integer({ min: 0, max: 23 }),
  inZone: fc.boolean(),
  allDay: fc.boolean(),
});

test('no text of an event is in any form of a link to busy time alone', async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(sample, { minLength: 1, maxLength: 4 }), async (samples) => {
      const uri = `c${(count += 1)}`;
      await server.request('MKCALENDAR', `/dav/calendars/alice/${uri}/`);
      for (const [at, { lines: own, hour, inZone, allDay }] of samples.entries()) {
        const clock = `${String(hour).padStart(2, '0')}0000`;
        const start = allDay
          ? 'DTSTART;VALUE=DATE:20260303'
          : inZone
            ? `DTSTART;TZID=${MARK}/zone:20260303T${clock}`
            : `DTSTART:20260303T${clock}Z`;
        const times = [start, allDay ? 'DURATION:P1D' : 'DURATION:PT1H'];
        const uid = `UID:${MARK}${at}`;
        const body = ics(
          ...(inZone ? zoned : []),
          'BEGIN:VEVENT',
          uid,
          'DTSTAMP:20260301T000000Z',
          ...times,
          ...own,
          'END:VEVENT',
        );
        const answer = await server.request('PUT', `/dav/calendars/alice/${uri}/${MARK}${at}.ics`, {
          headers: CALENDAR_TYPE,
          body,
        });
        expect(answer.status, answer.body.toString()).toBe(201);
      }
      const { token } = await link(server, { busyOnly: true }, { uri });
      for (const format of LINK_FORMATS) {
        const { status, text, headers } = await visit(server, `/link/${token}.${format}`);
        expect(status).toBe(200);
        expect(JSON.stringify([...headers])).not.toMatch(/zqmarkqz/i);
        expect(text).not.toMatch(/zqmarkqz/i);
        // It tells of the time, so that something of the events was there to be told.
        expect(text).toMatch(/FREEBUSY:|SUMMARY:Busy|"type":"busy"|<b>Busy<\/b>/);
      }
    }),
    { seed: 20260302, numRuns: 25 },
  );
});
