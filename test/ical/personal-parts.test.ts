import { describe, expect, test } from 'vitest';

import { atOnce } from '../../src/base/steps.ts';
import {
  commonForm,
  mayHavePersonalParts,
  MASTER,
  NO_PARTS,
  personalPartsOf,
  withPersonalParts,
} from '../../src/ical/personal-parts.ts';
import { calendar, component, event } from './calendar-text.ts';

const ALARM = ['BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT5M', 'END:VALARM'];
const DAILY = ['DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=5', 'EXDATE:20260304T090000Z'];
const limits = (most = 100_000) => ({ budget: { steps: 10_000 }, most });
const octets = (text: string): Buffer => Buffer.from(text);
const strip = (text: string): string => Buffer.from(atOnce(commonForm(octets(text), limits()))).toString();
const partsOf = (text: string) => atOnce(personalPartsOf(octets(text)));
const compose = (base: string, own: string, most?: number): string =>
  Buffer.from(atOnce(withPersonalParts(octets(base), partsOf(own), limits(most)))).toString();
const override = (id: string, ...lines: readonly string[]): string[] =>
  event('1', `RECURRENCE-ID:${id}`, ...lines).map((line) => (line.startsWith('DTSTART') ? `DTSTART:${id}` : line));

describe('personal', () => {
  test.each([
    'TRANSP:OPAQUE',
    'transp;X=1:TRANSPARENT',
    'X-MOZ-LASTACK:1',
    'X-MOZ-SNOOZE-TIME:1',
    'x-moz-snooze-time-17:1',
  ])('is %s', (line) => {
    expect(strip(calendar(...event('1', line)))).toBe(calendar(...event('1')));
    expect(mayHavePersonalParts(octets(calendar(...event('1', line))))).toBe(true);
  });

  test.each(['X-MOZ-SEND-INVITATIONS:TRUE', 'SUMMARY:TRANSP:OPAQUE', 'DESCRIPTION:BEGIN:VALARM', 'STATUS:CONFIRMED'])(
    'is not %s',
    (line) => {
      const text = calendar(...event('1', line));
      expect([strip(text), mayHavePersonalParts(octets(text))]).toEqual([text, false]);
    },
  );

  test('is the alarm of a task, and neither a location nor a zone', () => {
    const task = (...lines: string[]) =>
      calendar(...component('VTODO', 'UID:1', ...component('VLOCATION', 'UID:l'), ...lines));
    expect(strip(task(...ALARM))).toBe(task());
    const zone = component('VTIMEZONE', 'TZID:X', ...component('STANDARD', 'TRANSP:X'));
    expect(strip(calendar(...zone, ...event('1', ...ALARM)))).toBe(calendar(...zone, ...event('1')));
  });
});

describe('what cannot be parsed', () => {
  test.each<[string, readonly string[]]>([
    ['a line without a colon', [...event('1', 'nothing', ...ALARM)]],
    ['an alarm without its end', event('1', ...ALARM.slice(0, -1))],
    ['an event without its end', [...event('1', ...ALARM).slice(0, -1), ...event('1', ...ALARM)]],
    ['an alarm in folds', event('1', 'bad', 'BEGIN:VA', ' LARM', 'ACTION:AUDIO', 'END:VALARM')],
  ])('loses its alarms all the same: %s', (_, lines) => {
    const text = strip(calendar(...lines));
    expect(text).toContain('UID:1');
    expect(text.replaceAll('\r\n ', '')).not.toMatch(/VALARM|ACTION|TRIGGER/);
  });

  test('takes the parts of its master wherever it can be told', () => {
    expect(compose(calendar(...event('1', 'bad')), calendar(...event('1', 'TRANSP:OPAQUE')))).toContain(
      'TRANSP:OPAQUE',
    );
  });
});

describe('parts of an instance', () => {
  const own = calendar(...event('1', ...DAILY), ...override('20260305T090000Z', ...ALARM));

  test('go into the series as an override of their own', () => {
    expect(compose(calendar(...event('1', ...DAILY)), own)).toContain('RECURRENCE-ID:20260305T090000Z');
  });

  test.each([
    [
      'the series has no such instance any more',
      calendar(...event('1', ...DAILY).map((line) => line.replace('COUNT=5', 'COUNT=2'))),
      100_000,
    ],
    ['it is taken out', calendar(...event('1', ...DAILY).map((line) => line.replace('20260304', '20260305'))), 100_000],
    ['there is no series any more', calendar(...event('1')), 100_000],
    ['the object would become too large', calendar(...event('1', ...DAILY)), 10],
    ['there is no master', calendar(...override('20260306T090000Z')), 100_000],
  ])('are nowhere where %s', (_, base, most) => {
    expect(compose(base, own, most)).toBe(base);
  });

  test('that changes all that follow stay with the component that says so', () => {
    const base = calendar(
      ...event('1', ...DAILY, ...ALARM),
      ...override('20260303T090000Z').map((line) => line.replace('RECURRENCE-ID', 'RECURRENCE-ID;RANGE=THISANDFUTURE')),
    );
    expect(strip(base)).toContain('RANGE=THISANDFUTURE');
    expect(strip(base)).not.toContain('VALARM');
  });

  test('are known by their instant, in whatever zone it is written', () => {
    const zoned = calendar(
      ...event('1', ...DAILY).map((line) =>
        line.replace('DTSTART:20260302T090000Z', 'DTSTART;TZID=Europe/Berlin:20260302T100000'),
      ),
      ...override('20260305T090000Z', 'SUMMARY:Other').map((line) =>
        line.replace('RECURRENCE-ID:20260305T090000Z', 'RECURRENCE-ID;TZID=Europe/Berlin:20260305T100000'),
      ),
    );
    expect([...partsOf(zoned).keys()]).toEqual([MASTER, '20260305T090000Z']);
    expect(compose(zoned, own).match(/BEGIN:VALARM/g)).toHaveLength(1);
  });
});

test('nobody’s parts are none', () => {
  const base = calendar(...event('1', ...ALARM));
  expect(atOnce(withPersonalParts(octets(base), NO_PARTS, limits()))).toEqual(octets(calendar(...event('1'))));
});
