import { describe, expect, test } from 'vitest';

import { readDefaultAlarms } from '../../src/ical/default-alarms.ts';

const alarm = (...lines: readonly string[]): string => ['BEGIN:VALARM', ...lines, 'END:VALARM', ''].join('\n');
const DISPLAY = alarm('UID:a', 'DESCRIPTION:Reminder', 'TRIGGER:-PT15M', 'ACTION:DISPLAY');

describe('accepted are', () => {
  test.each<[string, string, number]>([
    ['one alarm', DISPLAY, 1],
    ['lines that end in CRLF', DISPLAY.replaceAll('\n', '\r\n'), 1],
    ['blanks around it', `\n  \n${DISPLAY}\n`, 1],
    ['several alarms', DISPLAY.repeat(3), 3],
    ['nothing', '', 0],
    ['blanks alone', ' \n', 0],
    ['no action, without a trigger', alarm('UID:a', 'ACTION:NONE'), 1],
    ['no action at an instant', alarm('TRIGGER;VALUE=DATE-TIME:19760401T005545Z', 'ACTION:NONE'), 1],
    ["Apple's sound", alarm('X-WR-ALARMUID:a', 'TRIGGER:-PT15H', 'ATTACH;VALUE=URI:Basso', 'ACTION:AUDIO'), 1],
    ['a pause', alarm('TRIGGER:-PT15M', 'ACTION:DISPLAY', 'REPEAT:2', 'DURATION:PT5M'), 1],
  ])('%s', (_, text, count) => {
    expect(readDefaultAlarms(text).map(({ name }) => name)).toEqual(Array.from({ length: count }, () => 'VALARM'));
  });
});

describe('refused with valid-calendar-data are', () => {
  test.each<[string, string]>([
    ['text', 'Not\nCalendar\nData'],
    ['another component', 'BEGIN:VEVENT\nUID:a\nEND:VEVENT'],
    ['an object around it', `BEGIN:VCALENDAR\nVERSION:2.0\n${DISPLAY}END:VCALENDAR`],
    ['a way out of the component', `${DISPLAY}END:VCALENDAR\nBEGIN:VCALENDAR\n${DISPLAY}`],
    ['a property beside it', `SUMMARY:x\n${DISPLAY}`],
    ['an alarm that is not closed', 'BEGIN:VALARM\nTRIGGER:-PT15M\nACTION:DISPLAY'],
    ['no trigger', alarm('ACTION:DISPLAY')],
    ['two triggers', alarm('ACTION:DISPLAY', 'TRIGGER:-PT15M', 'TRIGGER:-PT5M')],
    ['a trigger that cannot be read', alarm('ACTION:DISPLAY', 'TRIGGER:soon')],
    ['no action', alarm('TRIGGER:-PT15M')],
    ['two actions', alarm('TRIGGER:-PT15M', 'ACTION:DISPLAY', 'ACTION:AUDIO')],
    ['a pause that cannot be read', alarm('TRIGGER:-PT15M', 'ACTION:DISPLAY', 'DURATION:long')],
    ['more than twenty', DISPLAY.repeat(21)],
  ])('%s', (_, text) => {
    expect(() => readDefaultAlarms(text)).toThrow(expect.objectContaining({ code: 'valid-calendar-data' }));
  });
});
