import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { DavServer } from '../../dav-server.ts';
import { visit } from '../link-server.ts';
import {
  attendeeLines,
  DAILY,
  event,
  GUEST,
  ics,
  inboxOf,
  invite,
  inviteTo,
  open,
  organizersObject,
  PEOPLE,
  post,
  startAnswerServer,
} from './answer-world.ts';

let server: DavServer;
beforeEach(async () => {
  server = await startAnswerServer();
});
afterEach(() => server.close());

test('a series says how it repeats', async () => {
  const token = await invite(server, 'tea', DAILY);
  expect((await open(server, token)).text).toMatch(/every day/i);
  expect((await open(server, token, '?lang=de')).text).toMatch(/täglich|jeden Tag/i);
});

describe('what is shown', () => {
  const HOSTILE = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '</title></style><script>x</script>',
    '\u202Egnp',
  ];

  test.each(HOSTILE)('is text, wherever %j stands', async (text) => {
    const value = text.replaceAll(/[\\;,]/g, '\\$&');
    const cn = text.replaceAll('"', "^'");
    const token = await inviteTo(
      server,
      'bad',
      event(
        'bad',
        ...[
          `SUMMARY:${value}`,
          `DESCRIPTION:${value}`,
          `LOCATION:${value}`,
          `ORGANIZER;CN="${cn}":mailto:alice@example.com`,
        ],
        ...['ATTENDEE:mailto:alice@example.com', `ATTENDEE;CN="${cn}":${GUEST}`, 'URL:javascript:alert(1)'],
        'RRULE:FREQ=DAILY;COUNT=3',
      ),
    );
    for (const query of ['', '?lang=de', `?answer=${encodeURIComponent(text)}&zone=${encodeURIComponent(text)}`]) {
      const { text: page } = await open(server, token, query);
      expect(page).not.toContain(text);
      expect(page.match(/<script/g)).toHaveLength(1);
      expect(page).not.toMatch(/<img|javascript:/i);
    }
  });

  test('links web addresses and nothing else', async () => {
    const token = await invite(server, 'tea', [
      'DESCRIPTION:See https://example.org/a?b=1&c=2. Or javascript:alert(1)\\, http://user:pw@example.net/ (https://example.com)',
    ]);
    const { text } = await open(server, token);
    const links = [...text.matchAll(/<a href="([^"]*)" rel="noopener noreferrer nofollow">([^<]*)</g)].map(
      ([, href]) => href!,
    );
    expect(links.slice(0, 2)).toEqual(['https://example.org/a?b=1&#38;c=2', 'https://example.com/']);
    expect(text).not.toContain('href="javascript');
    expect(text).not.toContain('user:pw@example.net/"');
  });

  test('is not more than a page holds, however long the texts are', async () => {
    const long = 'x https://example.org/ '.repeat(20_000);
    const token = await invite(server, 'long', [`SUMMARY:${long}`, `DESCRIPTION:${long}`, `LOCATION:${long}`]);
    expect((await open(server, token)).text.length).toBeLessThan(150_000);
  });

  test('never is a guest where guests do not see each other', async () => {
    const token = await invite(server, 'secret', [
      'X-JMAP-HIDE-ATTENDEES;VALUE=BOOLEAN:TRUE',
      'ATTENDEE;CN=Hidden Harry:mailto:harry@example.net',
    ]);
    for (const path of ['', '/event.ics']) {
      const { text } = await visit(server, `/invitation/${token}${path}`);
      expect(text).not.toMatch(/harry/i);
    }
    const other = await invite(server, 'plain', ['ATTENDEE;CN=Harry:mailto:harry@example.net']);
    expect((await open(server, other)).text).toContain('Harry');
  });

  test('are days for an event of whole days', async () => {
    const token = await invite(server, 'trip', ['DTSTART;VALUE=DATE:20260310', 'DTEND;VALUE=DATE:20260313']);
    const { text } = await open(server, token, '?zone=America/Los_Angeles');
    expect(text).toMatch(/<time datetime="2026-03-10"\s*>Tuesday/);
    expect(text).toContain('12 March 2026');
    expect(text).toContain('(all day)');
    expect(text).not.toContain('type="time"');
    await post(server, token, { do: 'propose', 'start-date': '2026-03-11', 'end-date': '2026-03-13' });
    const { items } = await inboxOf(server, 'alice');
    expect(items[0]).toContain('DTSTART;VALUE=DATE:20260311\r\n');
    expect(items[0]).toContain('DTEND;VALUE=DATE:20260314\r\n');
  });

  test('is the time on the wall for a floating one', async () => {
    const token = await invite(server, 'run', ['DTSTART:20260310T070000', 'DURATION:PT1H']);
    const { text } = await open(server, token, '?zone=America/Los_Angeles');
    expect(text).toContain('07:00');
    expect(text).toContain('Local time, wherever you are');
    await post(server, token, {
      ...{ do: 'propose', zone: 'America/Los_Angeles', 'start-date': '2026-03-10', 'start-time': '08:00' },
      ...{ 'end-date': '2026-03-10', 'end-time': '09:00' },
    });
    expect((await inboxOf(server, 'alice')).items[0]).toContain('DTSTART:20260310T080000\r\n');
  });

  test('is a task, when it is due', async () => {
    const todo = ics(
      ...['BEGIN:VTODO', 'UID:todo', 'DTSTAMP:20260301T000000Z', 'DUE:20260309T120000Z', 'SUMMARY:Write report'],
      ...[...PEOPLE, 'END:VTODO'],
    );
    const token = await inviteTo(server, 'todo', todo, { uri: 'tasks' });
    const page = await open(server, token);
    expect(page.text).toContain('Alice asks you to do this');
    expect(page.text).toContain('<dt>Due</dt>');
    expect(page.text).not.toContain('Propose another time');
    expect((await post(server, token, { answer: 'ACCEPTED' })).status).toBe(303);
    expect(attendeeLines(await organizersObject(server, 'todo', 'tasks'))[0]).toContain('PARTSTAT=ACCEPTED');
  });

  test('are the days to come of a series, each at its time when clocks change', async () => {
    const token = await invite(server, 'weekly', [
      ...['DTSTART;TZID=Europe/Berlin:20260301T100000', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY'],
      'EXDATE;TZID=Europe/Berlin:20260322T100000',
    ]);
    const { text } = await open(server, token, '?zone=UTC');
    const days = [...text.matchAll(/<option value="(\d{8}T\d{6}Z)"[^>]*>([^<]*)/g)].map(([, key, words]) => [
      key!,
      words!,
    ]);
    expect(days[0]![0]).toBe('20260301T090000Z');
    expect(days.some(([key]) => key === '20260322T090000Z')).toBe(false);
    expect(days.find(([key]) => key === '20260329T080000Z')![1]).toContain('08:00');
    expect(text).toContain('There are more dates after these.');
    expect((await post(server, token, { answer: 'ACCEPTED', scope: 'day', day: '20260322T090000Z' })).status).toBe(422);
  });

  test('are single days for who is invited to them alone', async () => {
    const two = ics(
      ...['BEGIN:VEVENT', 'UID:days', 'DTSTAMP:20260301T000000Z', 'DTSTART:20260302T090000Z', 'DURATION:PT1H'],
      ...[
        'RRULE:FREQ=DAILY;COUNT=5',
        ...PEOPLE.slice(0, 2),
        'ATTENDEE:mailto:bob@example.com',
        'SUMMARY:Secret',
        'END:VEVENT',
      ],
      ...['BEGIN:VEVENT', 'UID:days', 'DTSTAMP:20260301T000000Z', 'RECURRENCE-ID:20260304T090000Z'],
      ...['DTSTART:20260304T100000Z', 'DURATION:PT1H', ...PEOPLE, 'SUMMARY:Open day', 'END:VEVENT'],
    );
    const token = await inviteTo(server, 'days', two);
    const page = await open(server, token);
    expect(page.text).toContain('Open day');
    expect(page.text).not.toContain('Secret');
    expect((await post(server, token, { answer: 'ACCEPTED', scope: 'day', day: '20260303T090000Z' })).status).toBe(422);
    expect((await post(server, token, { answer: 'ACCEPTED', scope: 'all' })).status).toBe(303);
    expect(attendeeLines(await organizersObject(server, 'days'))[0]).toContain('PARTSTAT=ACCEPTED');
  });
});

describe('the file', () => {
  test('is a download for the own calendar, which asks and tells nobody anything', async () => {
    const token = await invite(server, 'tea', [...DAILY, 'SUMMARY:Tea']);
    const { status, headers, text } = await visit(server, `/invitation/${token}/event.ics`);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/calendar; charset=utf-8; method=PUBLISH');
    expect(headers.get('content-disposition')).toBe('attachment; filename="event.ics"');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    for (const line of ['METHOD:PUBLISH', 'UID:tea', 'RRULE:FREQ=DAILY;COUNT=5', 'BEGIN:VTIMEZONE'])
      expect(text).toContain(line);
    expect(text).not.toContain('ATTENDEE');
  });

  test('has links to other calendars beside it, with the times in UTC', async () => {
    const token = await invite(server, 'tea', ['SUMMARY:Tea & cake', ...DAILY.slice(0, 2)]);
    const { text } = await open(server, token);
    const links = [...text.matchAll(/href="(https:[^"]*)"/g)].map(
      ([, href]) => new URL(href!.replaceAll('&#38;', '&')),
    );
    expect(links.map(({ host }) => host)).toEqual(['calendar.google.com', 'outlook.live.com', 'outlook.office.com']);
    expect(links[0]!.searchParams.get('text')).toBe('Tea & cake');
    expect(links[0]!.searchParams.get('dates')).toBe('20260302T090000Z/20260302T100000Z');
    expect(links[1]!.searchParams.get('startdt')).toBe('2026-03-02T09:00:00Z');
  });
});
