import { describe, expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/base/clock.ts';
import { atOnce } from '../../src/base/steps.ts';
import {
  feedDigest,
  feedPause,
  isEmptyCalendar,
  isWholeCalendar,
  nameOfUid,
  saying,
  stripped,
  told,
} from '../../src/calendar/subscription-feed.ts';
import { addressesOf, originOf } from '../../src/calendar/subscriptions.ts';

const octets = (...lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\r\n`).join(''));
const NOTHING = { stripAlarms: false, stripAttachments: false, stripTodos: false };

describe('a whole calendar', () => {
  test.each([
    'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n',
    '\ufeffBEGIN:VCALENDAR\nEND:VCALENDAR',
    '\r\n begin:vcalendar\r\nend:vcalendar\r\n\r\n',
    'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n',
  ])('is %j', (text) => {
    expect(isWholeCalendar(Buffer.from(text))).toBe(true);
  });

  test.each([
    '',
    '<!DOCTYPE html><html>BEGIN:VCALENDAR</html>',
    'Not found',
    'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n',
    'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\n',
    'BEGIN:VCARD\r\nEND:VCARD\r\n',
    '{"error":"END:VCALENDAR"}',
  ])('is not %j', (text) => {
    expect(isWholeCalendar(Buffer.from(text))).toBe(false);
  });
});

const isEmpty = (octets: Buffer): boolean => atOnce(isEmptyCalendar(octets));

test('a calendar is empty that has no component but time zones', () => {
  const zone = ['BEGIN:VTIMEZONE', 'BEGIN:STANDARD', 'END:STANDARD', 'END:VTIMEZONE'];
  const calendar = (...lines: string[]): Buffer => octets('BEGIN:VCALENDAR', ...lines, 'END:VCALENDAR');
  expect(isEmpty(calendar())).toBe(true);
  expect(isEmpty(calendar(...zone))).toBe(true);
  expect(isEmpty(calendar(...zone, 'BEGIN:VEVENT'))).toBe(false);
  expect(isEmpty(calendar('begin:vtodo', 'end:vtodo'))).toBe(false);
});

test('a component is seen wherever it stands in a long feed, and nothing else is taken for one', () => {
  const before = 'BEGIN:VCALENDAR\r\nX:';
  for (let at = -20; at <= 20; at++) {
    const fill = before + 'x'.repeat(1024 * 1024 + at - before.length);
    expect(isEmpty(octets(fill, 'BEGIN:VEVENT', 'END:VEVENT', 'END:VCALENDAR'))).toBe(false);
    expect(isEmpty(octets(fill, 'BEGIN:VTIMEZONE', 'END:VTIMEZONE', 'END:VCALENDAR'))).toBe(true);
    expect(isEmpty(octets(`${fill}BEGIN:VEVENT`, 'END:VCALENDAR'))).toBe(true);
  }
});

test('a feed of any size is looked at in short pieces', () => {
  const feed = octets('BEGIN:VCALENDAR', 'x'.repeat(32 * 1024 * 1024), 'END:VCALENDAR');
  for (const work of [isEmptyCalendar(feed), feedDigest(feed, NOTHING)]) {
    let pieces = 1;
    while (work.next().done !== true) pieces++;
    expect(pieces).toBeGreaterThan(30);
  }
});

describe('how often a feed wants to be fetched', () => {
  test.each([
    [['REFRESH-INTERVAL;VALUE=DURATION:P1D', 'X-PUBLISHED-TTL:PT1H'], DAY],
    [['X-PUBLISHED-TTL:PT6H'], 6 * HOUR],
    [['REFRESH-INTERVAL;VALUE=DUR', ' ATION:PT2H'], 2 * HOUR],
    [['refresh-interval:PT2H'], 2 * HOUR],
    [['REFRESH-INTERVAL:soon', 'X-PUBLISHED-TTL:PT6H'], 6 * HOUR],
    [['BEGIN:VEVENT', 'X-PUBLISHED-TTL:PT6H', 'END:VEVENT'], undefined],
    [[], undefined],
  ])('%j says %s', (lines, expected) => {
    expect(feedPause(octets('BEGIN:VCALENDAR', ...lines, 'END:VCALENDAR'))).toBe(expected);
  });
});

const EVENT = [
  'BEGIN:VCALENDAR',
  'BEGIN:VEVENT',
  'UID:1',
  'DTSTAMP:20260101T000000Z',
  'ATTACH:https://example.com/',
  ' long.pdf',
  'SUMMARY:ATTACH:me',
  'BEGIN:VALARM',
  'ACTION:AUDIO',
  'ATTACH:sound.wav',
  'END:VALARM',
  'END:VEVENT',
  'END:VCALENDAR',
];

describe('stripping', () => {
  test('nothing leaves the octets as they are', () => {
    expect(stripped(octets(...EVENT), NOTHING)).toEqual(octets(...EVENT));
  });
  test('alarms takes them whole, and nothing else', () => {
    const rest = EVENT.filter((_line, at) => at < 7 || at > 10);
    expect(stripped(octets(...EVENT), { ...NOTHING, stripAlarms: true })).toEqual(octets(...rest));
  });
  test('attachments takes them with their folds, and leaves the sound of an alarm', () => {
    const rest = EVENT.filter((_line, at) => at !== 4 && at !== 5);
    expect(stripped(octets(...EVENT), { ...NOTHING, stripAttachments: true })).toEqual(octets(...rest));
  });
  test('is part of what a feed says', () => {
    const feed = octets(...EVENT);
    expect(atOnce(feedDigest(feed, NOTHING))).toBe(atOnce(feedDigest(feed, { ...NOTHING })));
    expect(atOnce(feedDigest(feed, NOTHING))).not.toBe(atOnce(feedDigest(feed, { ...NOTHING, stripTodos: true })));
  });
});

describe('what an object says', () => {
  const event = (stamp: string, summary: string): string[] => [
    'BEGIN:VEVENT',
    'UID:1',
    `DTSTAMP:${stamp}`,
    `SUMMARY:${summary}`,
    'END:VEVENT',
  ];
  const calendar = (...lines: string[]): Buffer => octets('BEGIN:VCALENDAR', ...lines, 'END:VCALENDAR');

  test('is the same with another DTSTAMP, another order and other line breaks', () => {
    const one = calendar(...event('20260101T000000Z', 'a'), ...event('20260101T000000Z', 'b'));
    const other = calendar(...event('20260202T000000Z', 'b'), ...event('20260202T000000Z', 'a'));
    expect(saying(one)).toBe(saying(other));
    expect(saying(one)).toBe(saying(Buffer.from(other.toString().replaceAll('\r\n', '\n'))));
  });
  test('is another with another word', () => {
    expect(saying(calendar(...event('1', 'a')))).not.toBe(saying(calendar(...event('1', 'b'))));
  });
});

test('what is told is one line, however it was quoted', () => {
  expect(told('DTSTART\u0000 is\r\nwrong\u0085')).toBe('DTSTART  is wrong ');
  expect(told('\ud800')).toBe('\ufffd');
  expect(told('x'.repeat(10_000))).toHaveLength(500);
});

test('a UID always has the same name', () => {
  expect(nameOfUid('1')).toMatch(/^[0-9a-f]{32}\.ics$/);
  expect(nameOfUid('1')).not.toBe(nameOfUid('2'));
});

describe('a source', () => {
  test.each([
    ['https://x.example/a.ics', ['https://x.example/a.ics']],
    ['http://x.example/a.ics', ['http://x.example/a.ics']],
    ['webcals://x.example/a', ['https://x.example/a']],
    ['WebCal://x.example/a', ['https://x.example/a', 'http://x.example/a']],
    ['webcal://u:p@x.example/a', ['https://u:p@x.example/a']],
    ['file:///etc/passwd', ['file:///etc/passwd']],
  ])('%s is fetched from %j', (source, addresses) => {
    expect(addressesOf(source)).toEqual(addresses);
  });
  test('is shown as scheme and host only', () => {
    expect(originOf('https://u:p@x.example:8443/secret?token=1')).toBe('https://x.example:8443');
    expect(originOf('nonsense')).toBe('');
  });
});
