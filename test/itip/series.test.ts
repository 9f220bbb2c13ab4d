import { expect, test } from 'vitest';
import { parseCalendar } from '../../src/ical/parse.ts';
import {
  derivedInstance,
  excludedKeys,
  hasInstance,
  instanceOf,
  keyIn,
  readSeries,
  ruleText,
  timesText,
  withoutExdates,
  zoneText,
  type Series,
} from '../../src/itip/series.ts';
import { calendar, component, event } from '../ical/calendar-text.ts';

const seriesOf = (...lines: readonly string[]): Series => readSeries(parseCalendar(calendar(...lines)))!;
const valueOf = (series: Series, key: string, name: string): string | undefined =>
  instanceOf(series, key)?.properties.find((each) => each.name === name)?.value;

const berlin = event('1').map((line) =>
  line.startsWith('DTSTART') ? 'DTSTART;TZID=Europe/Berlin:20260302T090000' : line,
);
const zoned = (...more: readonly string[]): Series =>
  seriesOf(
    ...[
      ...berlin.slice(0, -1),
      'DTEND;TZID=Europe/Berlin:20260302T100000',
      'RRULE:FREQ=DAILY;COUNT=40',
      ...more,
      'END:VEVENT',
    ],
  );

test('an instance is derived from the master with its own times and without the rules', () => {
  const series = zoned('SUMMARY:x', 'EXDATE;TZID=Europe/Berlin:20260303T090000');
  const key = '20260330T070000Z';
  expect(hasInstance(series, key)).toBe(true);
  expect(valueOf(series, key, 'DTSTART')).toBe('20260330T090000');
  expect(valueOf(series, key, 'DTEND')).toBe('20260330T100000');
  expect(valueOf(series, key, 'RECURRENCE-ID')).toBe('20260330T090000');
  expect(valueOf(series, key, 'SUMMARY')).toBe('x');
  expect(valueOf(series, key, 'RRULE')).toBeUndefined();
  expect(valueOf(series, key, 'EXDATE')).toBeUndefined();
});

test('there is no instance at a time that the rule does not give, nor of an object that does not recur', () => {
  expect(derivedInstance(zoned(), '20260330T080000Z')).toBeUndefined();
  const single = seriesOf(...event('1'));
  expect(hasInstance(single, '20260302T090000Z')).toBe(false);
  expect(instanceOf(single, '')).toBe(single.master);
});

test.each([
  ['RECURRENCE-ID;TZID=Europe/Berlin:20260304T090000'],
  ['RECURRENCE-ID;TZID=America/New_York:20260304T030000'],
  ['RECURRENCE-ID:20260304T080000Z'],
  ['RECURRENCE-ID;VALUE=DATE:20260304'],
  ['RECURRENCE-ID:20260304T090000'],
])('%s names the instance of that day', (line) => {
  const series = zoned();
  const other = readSeries(parseCalendar(calendar(...component('VEVENT', 'UID:1', line))), { beside: series })!;
  expect([...other.overrides.keys()]).toEqual(['20260304T080000Z']);
  expect(keyIn(series, [...other.overrides.values()][0]!)).toBe('20260304T080000Z');
});

test('in a series of whole days a time means its date', () => {
  const series = seriesOf(...component('VEVENT', 'UID:1', 'DTSTART;VALUE=DATE:20260302', 'RRULE:FREQ=DAILY;COUNT=5'));
  const other = readSeries(parseCalendar(calendar(...component('VEVENT', 'UID:1', 'RECURRENCE-ID:20260304T000000Z'))), {
    beside: series,
  })!;
  expect([...other.overrides.keys()]).toEqual(['20260304']);
});

test('overrides stand alone without a master', () => {
  const series = seriesOf(
    ...component('VEVENT', 'UID:1', 'RECURRENCE-ID:20260304T080000Z', 'DTSTART:20260304T080000Z'),
  );
  expect(series.master).toBeUndefined();
  expect(hasInstance(series, '20260304T080000Z')).toBe(true);
  expect(hasInstance(series, '20260305T080000Z')).toBe(false);
});

test('EXDATE is known by its instance, also where it is a date, and single ones can be taken back', () => {
  const series = zoned('EXDATE;VALUE=DATE:20260304', 'EXDATE:20260305T080000Z,20260306T080000Z');
  expect([...excludedKeys(series)].sort()).toEqual(['20260304T080000Z', '20260305T080000Z', '20260306T080000Z']);
  const master = withoutExdates(series, series.master!, new Set(['20260305T080000Z']));
  expect(master.properties.filter(({ name }) => name === 'EXDATE').map(({ value }) => value)).toEqual([
    '20260304T090000',
    '20260306T090000',
  ]);
});

test('the same time is the same however it is written', () => {
  const [one, other] = [
    zoned(),
    seriesOf(...event('1', 'DURATION:PT1H').map((line) => line.replace('20260302T090000Z', '20260302T080000Z'))),
  ];
  expect(timesText(one.master!, one.context)).toBe(timesText(other.master!, other.context));
  expect(zoneText(one.master!, one.context)).not.toBe(zoneText(other.master!, other.context));
});

test('a rule is the same in any order of its parts, with or without what goes without saying', () => {
  const rule = (text: string): string => ruleText(seriesOf(...event('1', `RRULE:${text}`)).master!);
  expect(rule('FREQ=WEEKLY;BYDAY=MO;INTERVAL=1')).toBe(rule('byday=mo;freq=weekly'));
  expect(rule('FREQ=WEEKLY;BYDAY=MO')).not.toBe(rule('FREQ=WEEKLY;BYDAY=TU'));
});
