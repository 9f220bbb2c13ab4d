import { describe, expect, test } from 'vitest';
import { matchesFilter, narrowing, type CompFilter, type PropFilter } from '../../src/ical/filter.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import type { TextMatch } from '../../src/ical/text-match.ts';
import { UTC, zoneByTzid } from '../../src/ical/timezone.ts';

const calendar = (...lines: string[]) =>
  parseCalendar(['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...lines, 'END:VCALENDAR', ''].join('\r\n'));
const component = (name: string, ...lines: string[]): string[] => [`BEGIN:${name}`, 'UID:1', ...lines, `END:${name}`];
const event = (...lines: string[]) => calendar(...component('VEVENT', ...lines));

type Loose<T> = Partial<T> & { readonly name: string };
const comp = (filter: Loose<CompFilter>): CompFilter => ({
  isNotDefined: false,
  props: [],
  comps: [],
  test: 'allof',
  ...filter,
});
const prop = (filter: Loose<PropFilter>): PropFilter => ({ isNotDefined: false, params: [], test: 'allof', ...filter });
const text = (value: string, more: Partial<TextMatch> = {}): TextMatch => ({
  text: value,
  collation: 'i;ascii-casemap',
  negate: false,
  matchType: 'contains',
  ...more,
});
const vcalendar = (...comps: CompFilter[]): CompFilter => comp({ name: 'VCALENDAR', comps });
const vevent = (filter: Partial<CompFilter> = {}): CompFilter => vcalendar(comp({ name: 'VEVENT', ...filter }));

const at = (iso: string): number => Date.parse(`${iso}Z`);
const range = (from: string, to: string) => ({ start: at(from), end: at(to) });
const day = (date: string) => range(`${date}T00:00:00`, `${date}T23:59:59`);
const matches = (object: ReturnType<typeof calendar>, filter: CompFilter, floating = UTC): boolean =>
  matchesFilter(object, filter, { floating, budget: { steps: 100_000 } });

const WEEKLY = [
  ...component('VEVENT', 'DTSTART:20260105T100000Z', 'DTEND:20260105T110000Z', 'RRULE:FREQ=WEEKLY', 'SUMMARY:Weekly'),
  ...component(
    'VEVENT',
    'RECURRENCE-ID:20260112T100000Z',
    'DTSTART:20260114T100000Z',
    'DTEND:20260114T110000Z',
    'SUMMARY:Moved',
    'BEGIN:VALARM',
    'ACTION:AUDIO',
    'TRIGGER:-PT15M',
    'END:VALARM',
  ),
];

describe('what exists (RFC 4791 §9.7.1 to §9.7.3)', () => {
  const object = event(
    'DTSTART:20260105T100000Z',
    'SUMMARY:Lunch\\, with Ann\\nand Bob',
    'CATEGORIES:cool,really hot',
    'ATTENDEE;PARTSTAT=ACCEPTED;CN=Ann:mailto:ann@example.com',
    'ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:bob@example.com',
    'URL:https://example.com/a\\,b',
  );
  const has = (filter: Loose<PropFilter>): boolean => matches(object, vevent({ props: [prop(filter)] }));

  test('a component', () => {
    expect(matches(object, vcalendar())).toBe(true);
    expect(matches(object, vevent())).toBe(true);
    expect(matches(object, vcalendar(comp({ name: 'VTODO' })))).toBe(false);
    expect(matches(object, vcalendar(comp({ name: '*' })))).toBe(true);
    expect(matches(object, vcalendar(comp({ name: 'VEVENT' }), comp({ name: 'VTODO' })))).toBe(false);
    expect(matches(object, { ...vcalendar(comp({ name: 'VEVENT' }), comp({ name: 'VTODO' })), test: 'anyof' })).toBe(
      true,
    );
  });

  test('a component that does not', () => {
    expect(matches(object, vcalendar(comp({ name: 'VTODO', isNotDefined: true })))).toBe(true);
    expect(matches(object, vevent({ isNotDefined: true }))).toBe(false);
    expect(matches(object, vevent({ comps: [comp({ name: 'VALARM', isNotDefined: true })] }))).toBe(true);
    expect(matches(object, comp({ name: 'VCALENDAR', isNotDefined: true }))).toBe(false);
  });

  test('what a series lacks is told by its master, without a time-range', () => {
    const lacks = (...lines: string[]): boolean =>
      matches(calendar(...lines), vevent({ comps: [comp({ name: 'VALARM', isNotDefined: true })] }));
    expect(lacks(...WEEKLY)).toBe(true);
    const alarm = ['BEGIN:VALARM', 'TRIGGER:-PT5M', 'END:VALARM'];
    const override = component('VEVENT', 'RECURRENCE-ID:20260112T100000Z', 'DTSTART:20260112T100000Z');
    expect(lacks(...component('VEVENT', 'DTSTART:20260105T100000Z', 'RRULE:FREQ=WEEKLY', ...alarm), ...override)).toBe(
      false,
    );
    expect(lacks(...override)).toBe(true);
  });

  test('a property, and one that does not', () => {
    expect(has({ name: 'SUMMARY' })).toBe(true);
    expect(has({ name: 'LOCATION' })).toBe(false);
    expect(has({ name: 'LOCATION', isNotDefined: true })).toBe(true);
    expect(has({ name: 'SUMMARY', isNotDefined: true })).toBe(false);
  });

  test('a property of VCALENDAR', () => {
    const filter = comp({ name: 'VCALENDAR', props: [prop({ name: 'VERSION', textMatch: text('2.0') })] });
    expect(matches(object, filter)).toBe(true);
  });

  test('text is matched without its escapes, other values as they are', () => {
    expect(has({ name: 'SUMMARY', textMatch: text('lunch, WITH ann\nand') })).toBe(true);
    expect(has({ name: 'SUMMARY', textMatch: text('\\,') })).toBe(false);
    expect(has({ name: 'URL', textMatch: text('\\,b') })).toBe(true);
  });

  test('a list matches as a whole and value by value', () => {
    expect(has({ name: 'CATEGORIES', textMatch: text('REALLY HOT', { matchType: 'equals' }) })).toBe(true);
    expect(has({ name: 'CATEGORIES', textMatch: text('cool,really') })).toBe(true);
    expect(has({ name: 'CATEGORIES', textMatch: text('hot', { matchType: 'equals' }) })).toBe(false);
  });

  test('a negated text-match needs a property that does not have the text', () => {
    expect(has({ name: 'SUMMARY', textMatch: text('dinner', { negate: true }) })).toBe(true);
    expect(has({ name: 'SUMMARY', textMatch: text('lunch', { negate: true }) })).toBe(false);
    expect(has({ name: 'LOCATION', textMatch: text('lunch', { negate: true }) })).toBe(false);
    expect(has({ name: 'ATTENDEE', textMatch: text('ann@', { negate: true }) })).toBe(true);
  });

  test('parameters are asked of the property whose value matches', () => {
    const attendee = (who: string, partstat: string, test: 'allof' | 'anyof' = 'allof'): boolean =>
      has({ name: 'ATTENDEE', textMatch: text(who), params: [{ name: 'PARTSTAT', condition: text(partstat) }], test });
    expect(attendee('ann@', 'accepted')).toBe(true);
    expect(attendee('bob@', 'accepted')).toBe(false);
    expect(attendee('carol@', 'accepted', 'anyof')).toBe(true);
    expect(attendee('carol@', 'declined', 'anyof')).toBe(false);
  });

  test('a parameter that exists, and one that does not', () => {
    expect(has({ name: 'ATTENDEE', params: [{ name: 'CN', condition: 'exists' }] })).toBe(true);
    expect(has({ name: 'ATTENDEE', params: [{ name: 'RSVP', condition: 'exists' }] })).toBe(false);
    expect(
      has({ name: 'ATTENDEE', textMatch: text('ann@'), params: [{ name: 'CN', condition: 'is-not-defined' }] }),
    ).toBe(false);
    expect(
      has({ name: 'ATTENDEE', textMatch: text('bob@'), params: [{ name: 'CN', condition: 'is-not-defined' }] }),
    ).toBe(true);
  });
});

describe('time-range on VEVENT', () => {
  const overlaps = (object: ReturnType<typeof calendar>, from: string, to: string, floating = UTC): boolean =>
    matches(object, vevent({ timeRange: range(from, to) }), floating);

  test('an event exactly equal to the range', () => {
    const object = event('DTSTART:20260105T100000Z', 'DTEND:20260105T110000Z');
    expect(overlaps(object, '2026-01-05T10:00:00', '2026-01-05T11:00:00')).toBe(true);
    expect(overlaps(object, '2026-01-05T11:00:00', '2026-01-05T12:00:00')).toBe(false);
    expect(overlaps(object, '2026-01-05T09:00:00', '2026-01-05T10:00:00')).toBe(false);
  });

  test.each([
    ['no DTEND', []],
    ['DTEND equal to DTSTART', ['DTEND:20260105T100000Z']],
    ['DURATION:PT0S', ['DURATION:PT0S']],
  ])('an event without length: %s', (_, lines) => {
    const object = event('DTSTART:20260105T100000Z', ...lines);
    expect(overlaps(object, '2026-01-05T10:00:00', '2026-01-05T10:00:01')).toBe(true);
    expect(overlaps(object, '2026-01-05T09:00:00', '2026-01-05T10:00:00')).toBe(false);
    expect(overlaps(object, '2026-01-05T10:00:01', '2026-01-05T11:00:00')).toBe(false);
  });

  test('an event without DTEND on a date lasts that day in the floating zone', () => {
    const object = event('DTSTART;VALUE=DATE:20260105');
    const tokyo = zoneByTzid('Asia/Tokyo')!;
    expect(overlaps(object, '2026-01-05T23:59:59', '2026-01-06T10:00:00')).toBe(true);
    expect(overlaps(object, '2026-01-06T00:00:00', '2026-01-06T10:00:00')).toBe(false);
    expect(overlaps(object, '2026-01-04T14:59:59', '2026-01-04T15:00:00', tokyo)).toBe(false);
    expect(overlaps(object, '2026-01-04T14:59:59', '2026-01-04T15:00:01', tokyo)).toBe(true);
    expect(overlaps(object, '2026-01-05T15:00:00', '2026-01-05T16:00:00', tokyo)).toBe(false);
  });

  test('a floating event is where the floating zone puts it', () => {
    const object = event('DTSTART:20260105T100000', 'DTEND:20260105T110000');
    expect(overlaps(object, '2026-01-05T10:00:00', '2026-01-05T11:00:00')).toBe(true);
    expect(overlaps(object, '2026-01-05T15:00:00', '2026-01-05T16:00:00', zoneByTzid('America/New_York'))).toBe(true);
    expect(overlaps(object, '2026-01-05T10:00:00', '2026-01-05T11:00:00', zoneByTzid('America/New_York'))).toBe(false);
  });

  test('an open range ends nowhere', () => {
    const object = calendar(...WEEKLY);
    expect(matches(object, vevent({ timeRange: { start: at('2090-01-01T00:00:00'), end: Infinity } }))).toBe(true);
    expect(matches(object, vevent({ timeRange: { start: -Infinity, end: at('2026-01-05T10:00:00') } }))).toBe(false);
    expect(matches(object, vevent({ timeRange: { start: -Infinity, end: at('2026-01-05T10:00:01') } }))).toBe(true);
  });

  test('an override is where it was moved to, and no longer where it was', () => {
    const object = calendar(...WEEKLY);
    expect(overlaps(object, '2026-01-12T00:00:00', '2026-01-13T00:00:00')).toBe(false);
    expect(overlaps(object, '2026-01-14T00:00:00', '2026-01-15T00:00:00')).toBe(true);
  });

  test('the properties are those of the instance in the range', () => {
    const named = (summary: string, date: string): boolean =>
      matches(
        calendar(...WEEKLY),
        vevent({ timeRange: day(date), props: [prop({ name: 'SUMMARY', textMatch: text(summary) })] }),
      );
    expect(named('Moved', '2026-01-14')).toBe(true);
    expect(named('Weekly', '2026-01-14')).toBe(false);
    expect(named('Moved', '2026-01-19')).toBe(false);
    expect(named('Weekly', '2026-01-19')).toBe(true);
  });

  test('a search for the text of an override ends, though the series and the range do not', () => {
    const filter = vevent({
      timeRange: { start: at('2027-01-01T00:00:00'), end: Infinity },
      props: [prop({ name: 'SUMMARY', textMatch: text('Moved') })],
    });
    const budget = { steps: 1000 };
    expect(matchesFilter(calendar(...WEEKLY), filter, { floating: UTC, budget })).toBe(false);
  });

  test('so does one for the text of a master that a THISANDFUTURE override has ended', () => {
    const object = calendar(
      ...component('VEVENT', 'DTSTART:20260105T100000Z', 'RRULE:FREQ=DAILY', 'SUMMARY:First'),
      ...component(
        'VEVENT',
        'RECURRENCE-ID;RANGE=THISANDFUTURE:20260112T100000Z',
        'DTSTART:20260112T120000Z',
        'SUMMARY:Then',
      ),
    );
    const named = (summary: string, start: string): boolean =>
      matches(
        object,
        vevent({
          timeRange: { start: at(start), end: Infinity },
          props: [prop({ name: 'SUMMARY', textMatch: text(summary) })],
        }),
      );
    expect(named('First', '2026-01-11T00:00:00')).toBe(true);
    expect(named('First', '2027-06-01T00:00:00')).toBe(false);
    expect(named('Then', '2027-06-01T00:00:00')).toBe(true);
  });

  test('with anyof, the range or the text is enough', () => {
    const either = (date: string, summary: string): boolean =>
      matches(
        calendar(...WEEKLY),
        vevent({ timeRange: day(date), props: [prop({ name: 'SUMMARY', textMatch: text(summary) })], test: 'anyof' }),
      );
    expect(either('2026-01-13', 'moved')).toBe(true);
    expect(either('2026-01-14', 'nothing')).toBe(true);
    expect(either('2026-01-13', 'nothing')).toBe(false);
  });
});

describe('time-range on other components', () => {
  const overlaps = (lines: string[], name: string, from: string, to: string): boolean =>
    matches(calendar(...lines), vcalendar(comp({ name, timeRange: range(from, to) })));

  test('VTODO: the instances of a rule', () => {
    const lines = component('VTODO', 'DTSTART:20260105T100000Z', 'DUE:20260105T120000Z', 'RRULE:FREQ=WEEKLY;COUNT=3');
    expect(overlaps(lines, 'VTODO', '2026-01-19T11:00:00', '2026-01-19T11:30:00')).toBe(true);
    expect(overlaps(lines, 'VTODO', '2026-01-26T00:00:00', '2026-01-27T00:00:00')).toBe(false);
  });

  test('VTODO with DUE alone, due where the range ends', () => {
    const lines = component('VTODO', 'DUE:20260105T120000Z');
    expect(overlaps(lines, 'VTODO', '2026-01-05T11:00:00', '2026-01-05T12:00:00')).toBe(true);
    expect(overlaps(lines, 'VTODO', '2026-01-05T12:00:00', '2026-01-05T13:00:00')).toBe(false);
  });

  test('VTODO with DUE and a rule, which RFC 5545 §3.8.2.4 forbids and clients write', () => {
    const lines = component('VTODO', 'DUE:20260105T120000Z', 'RRULE:FREQ=DAILY;COUNT=5');
    expect(overlaps(lines, 'VTODO', '2026-01-08T11:00:00', '2026-01-08T13:00:00')).toBe(true);
    expect(overlaps(lines, 'VTODO', '2026-01-10T11:00:00', '2026-01-10T13:00:00')).toBe(false);
  });

  test('VTODO with DTSTART and DURATION, ended where the range starts', () => {
    const lines = component('VTODO', 'DTSTART:20260105T100000Z', 'DURATION:PT2H');
    expect(overlaps(lines, 'VTODO', '2026-01-05T12:00:00', '2026-01-05T13:00:00')).toBe(true);
    expect(overlaps(lines, 'VTODO', '2026-01-05T12:00:01', '2026-01-05T13:00:00')).toBe(false);
  });

  test('VTODO without dates, completed or created', () => {
    expect(overlaps(component('VTODO'), 'VTODO', '1990-01-01T00:00:00', '1990-01-02T00:00:00')).toBe(true);
    const completed = component('VTODO', 'COMPLETED:20260105T120000Z');
    expect(overlaps(completed, 'VTODO', '2026-01-05T12:00:00', '2026-01-05T13:00:00')).toBe(true);
    expect(overlaps(completed, 'VTODO', '2026-01-05T12:00:01', '2026-01-05T13:00:00')).toBe(false);
    const created = component('VTODO', 'CREATED:20260105T120000Z');
    expect(overlaps(created, 'VTODO', '2030-01-05T12:00:00', '2030-01-05T13:00:00')).toBe(true);
    expect(overlaps(created, 'VTODO', '2026-01-05T11:00:00', '2026-01-05T12:00:00')).toBe(false);
  });

  test('VJOURNAL: a date, a time, nothing', () => {
    const date = component('VJOURNAL', 'DTSTART;VALUE=DATE:20260105');
    expect(overlaps(date, 'VJOURNAL', '2026-01-05T23:00:00', '2026-01-06T00:00:00')).toBe(true);
    const time = component('VJOURNAL', 'DTSTART:20260105T100000Z');
    expect(overlaps(time, 'VJOURNAL', '2026-01-05T10:00:00', '2026-01-05T10:00:01')).toBe(true);
    expect(overlaps(time, 'VJOURNAL', '2026-01-05T10:00:01', '2026-01-05T11:00:00')).toBe(false);
    expect(overlaps(component('VJOURNAL'), 'VJOURNAL', '2026-01-05T00:00:00', '2026-01-06T00:00:00')).toBe(false);
  });

  test('VFREEBUSY: its bounds, else its periods', () => {
    const bounds = component('VFREEBUSY', 'DTSTART:20260105T000000Z', 'DTEND:20260106T000000Z');
    expect(overlaps(bounds, 'VFREEBUSY', '2026-01-06T00:00:00', '2026-01-07T00:00:00')).toBe(true);
    const periods = component('VFREEBUSY', 'FREEBUSY:20260105T100000Z/PT1H,20260105T140000Z/20260105T150000Z');
    expect(overlaps(periods, 'VFREEBUSY', '2026-01-05T11:00:00', '2026-01-05T14:00:00')).toBe(false);
    expect(overlaps(periods, 'VFREEBUSY', '2026-01-05T11:00:00', '2026-01-05T14:00:01')).toBe(true);
    expect(overlaps(component('VFREEBUSY'), 'VFREEBUSY', '2026-01-05T00:00:00', '2026-01-06T00:00:00')).toBe(false);
  });

  test('VAVAILABILITY is unbounded where it has no bound (RFC 7953 §3.1)', () => {
    const lines = component('VAVAILABILITY', 'DTSTART:20260105T000000Z');
    expect(overlaps(lines, 'VAVAILABILITY', '2030-01-05T00:00:00', '2030-01-06T00:00:00')).toBe(true);
    expect(overlaps(lines, 'VAVAILABILITY', '2020-01-05T00:00:00', '2020-01-06T00:00:00')).toBe(false);
    expect(overlaps(component('VAVAILABILITY'), 'VAVAILABILITY', '2020-01-05T00:00:00', '2020-01-06T00:00:00')).toBe(
      true,
    );
  });

  test('* asks each component by its own table', () => {
    expect(
      overlaps(component('VTODO', 'DUE:20260105T120000Z'), '*', '2026-01-05T11:00:00', '2026-01-05T13:00:00'),
    ).toBe(true);
    expect(overlaps(component('X-COMP'), '*', '2026-01-05T11:00:00', '2026-01-05T13:00:00')).toBe(false);
  });
});

describe('time-range on VALARM', () => {
  const alarm = (...lines: string[]): string[] => ['BEGIN:VALARM', 'ACTION:DISPLAY', ...lines, 'END:VALARM'];
  const fires = (lines: string[], from: string, to: string, name = 'VEVENT', more: Partial<CompFilter> = {}): boolean =>
    matches(
      calendar(...lines),
      vcalendar(comp({ name, comps: [comp({ name: 'VALARM', timeRange: range(from, to), ...more })] })),
    );
  const daily = (...lines: string[]): string[] =>
    component('VEVENT', 'DTSTART:20260105T100000Z', 'DTEND:20260105T110000Z', 'RRULE:FREQ=DAILY', ...lines);

  test('a relative trigger moves with the instance', () => {
    const lines = daily(...alarm('TRIGGER:-PT15M'));
    expect(fires(lines, '2026-03-02T09:45:00', '2026-03-02T09:45:01')).toBe(true);
    expect(fires(lines, '2026-03-02T09:45:01', '2026-03-02T10:30:00')).toBe(false);
    expect(fires(lines, '2026-01-04T00:00:00', '2026-01-05T09:45:00')).toBe(false);
  });

  test('days before, related to the end', () => {
    const lines = component(
      'VEVENT',
      ...['DTSTART:20260105T100000Z', 'DTEND:20260105T110000Z', ...alarm('TRIGGER;RELATED=END:-P2W')],
    );
    expect(fires(lines, '2025-12-22T11:00:00', '2025-12-22T11:00:01')).toBe(true);
    expect(fires(lines, '2025-12-22T10:00:00', '2025-12-22T11:00:00')).toBe(false);
  });

  test('repetitions', () => {
    const lines = component(
      'VEVENT',
      ...['DTSTART:20260105T100000Z', ...alarm('TRIGGER:-PT1H', 'REPEAT:5', 'DURATION:PT10M')],
    );
    expect(fires(lines, '2026-01-05T09:45:00', '2026-01-05T10:00:00')).toBe(true);
    expect(fires(lines, '2026-01-05T09:51:00', '2026-01-05T10:00:00')).toBe(false);
  });

  test('an absolute trigger', () => {
    const lines = daily(...alarm('TRIGGER;VALUE=DATE-TIME:20250101T080000Z'));
    expect(fires(lines, '2025-01-01T08:00:00', '2025-01-01T09:00:00')).toBe(true);
    expect(fires(lines, '2026-01-05T00:00:00', '2026-01-06T00:00:00')).toBe(false);
  });

  test('only the alarm of the instance counts', () => {
    expect(fires(WEEKLY, '2026-01-14T09:00:00', '2026-01-14T10:00:00')).toBe(true);
    expect(fires(WEEKLY, '2026-01-19T00:00:00', '2026-01-20T00:00:00')).toBe(false);
  });

  test('what else the filter asks of the alarm', () => {
    const lines = daily(...alarm('TRIGGER:-PT15M'));
    const having = (action: string): boolean =>
      fires(lines, '2026-03-02T09:45:00', '2026-03-02T09:45:01', 'VEVENT', {
        props: [prop({ name: 'ACTION', textMatch: text(action) })],
      });
    expect(having('display')).toBe(true);
    expect(having('email')).toBe(false);
  });

  test('an open range over an endless series, where only an override has an alarm', () => {
    const filter = vcalendar(
      comp({
        name: 'VEVENT',
        comps: [comp({ name: 'VALARM', timeRange: { start: at('2027-01-01T00:00:00'), end: Infinity } })],
      }),
    );
    expect(matchesFilter(calendar(...WEEKLY), filter, { floating: UTC, budget: { steps: 1000 } })).toBe(false);
  });

  test('thousands of overrides, each with another alarm, are walked once', () => {
    const override = (i: number): string[] => {
      const time = new Date(at('2026-01-05T10:00:00') + i * 86_400_000).toISOString().replace(/[-:]|\.000/g, '');
      return component('VEVENT', `RECURRENCE-ID:${time}`, `DTSTART:${time}`, ...alarm(`TRIGGER:-PT${i}S`));
    };
    const overrides = Array.from({ length: 2000 }, (_, i) => override(i));
    const lines = [...daily(), ...overrides.flat()];
    // The override of 17 January is the twelfth: its alarm is 12 seconds before.
    expect(fires(lines, '2026-01-17T09:59:48', '2026-01-17T09:59:49')).toBe(true);
    expect(fires(lines, '2026-01-17T09:59:49', '2026-01-17T09:59:50')).toBe(false);
  });

  test('of a VTODO with DUE alone', () => {
    const lines = component('VTODO', 'DUE:20260105T160000Z', ...alarm('TRIGGER;RELATED=END:-PT1H'));
    expect(fires(lines, '2026-01-05T14:00:00', '2026-01-05T18:00:00', 'VTODO')).toBe(true);
    expect(fires(lines, '2026-01-05T15:30:00', '2026-01-05T18:00:00', 'VTODO')).toBe(false);
  });

  test('of a VTODO without dates: absolute only', () => {
    const absolute = component('VTODO', ...alarm('TRIGGER;VALUE=DATE-TIME:20260105T150000Z'));
    expect(fires(absolute, '2026-01-05T14:00:00', '2026-01-05T18:00:00', 'VTODO')).toBe(true);
    expect(
      fires(component('VTODO', ...alarm('TRIGGER:-PT1H')), '2026-01-05T14:00:00', '2026-01-05T18:00:00', 'VTODO'),
    ).toBe(false);
  });
});

describe('time-range on properties (RFC 4791 §9.9)', () => {
  const has = (lines: string[], name: string, from: string, to: string, more: Partial<PropFilter> = {}): boolean =>
    matches(
      calendar(...lines),
      vcalendar(comp({ name: 'VEVENT', props: [prop({ name, timeRange: range(from, to), ...more })] })),
    );
  const lines = component(
    'VEVENT',
    'DTSTART:20260105T100000Z',
    'DURATION:PT1H',
    'RRULE:FREQ=DAILY',
    'CREATED:20250101T000000Z',
  );

  test('CREATED', () => {
    expect(has(lines, 'CREATED', '2025-01-01T00:00:00', '2025-01-01T00:00:01')).toBe(true);
    expect(has(lines, 'CREATED', '2024-01-01T00:00:00', '2025-01-01T00:00:00')).toBe(false);
    expect(has(lines, 'LAST-MODIFIED', '2024-01-01T00:00:00', '2027-01-01T00:00:00')).toBe(false);
  });

  test('DTSTART of any instance', () => {
    expect(has(lines, 'DTSTART', '2026-05-05T10:00:00', '2026-05-05T10:00:01')).toBe(true);
    expect(has(lines, 'DTSTART', '2026-05-05T10:00:01', '2026-05-05T12:00:00')).toBe(false);
  });

  test('the effective DTEND of any instance', () => {
    expect(has(lines, 'DTEND', '2026-05-05T11:00:00', '2026-05-05T11:00:01')).toBe(true);
    expect(has(lines, 'DTEND', '2026-05-05T10:00:00', '2026-05-05T11:00:00')).toBe(false);
    expect(has(lines, 'DUE', '2026-05-05T00:00:00', '2026-05-06T00:00:00')).toBe(false);
  });

  test('without DTEND and DURATION there is no DTEND, and looking for it ends', () => {
    const endless = component('VEVENT', 'DTSTART:20260105T100000Z', 'RRULE:FREQ=DAILY');
    expect(has(endless, 'DTEND', '2026-01-05T00:00:00', '2099-01-05T00:00:00')).toBe(false);
  });

  test('with a parameter', () => {
    const zoned = component('VEVENT', 'DTSTART;TZID=Europe/Paris:20260105T100000');
    const inZone = (tzid: string): boolean =>
      has(zoned, 'DTSTART', '2026-01-05T09:00:00', '2026-01-05T09:00:01', {
        params: [{ name: 'TZID', condition: text(tzid) }],
      });
    expect(inZone('paris')).toBe(true);
    expect(inZone('london')).toBe(false);
  });
});

describe('what an index may use of a filter', () => {
  const timeRange = day('2026-01-05');

  test('one VEVENT with a time-range is decided by the index', () => {
    expect(narrowing(vevent({ timeRange }))).toEqual({
      components: ['VEVENT'],
      range: timeRange,
      decidedByIndex: true,
    });
    expect(narrowing(vevent())).toEqual({ components: ['VEVENT'], range: undefined, decidedByIndex: true });
  });

  test('more conditions still narrow', () => {
    expect(narrowing(vevent({ timeRange, props: [prop({ name: 'UID' })] }))).toEqual({
      components: ['VEVENT'],
      range: timeRange,
      decidedByIndex: false,
    });
    expect(narrowing(vcalendar(comp({ name: 'VTODO', timeRange })))).toEqual({
      components: ['VTODO'],
      range: timeRange,
      decidedByIndex: false,
    });
  });

  test('a range that a match may do without does not', () => {
    const props = [prop({ name: 'UID' })];
    expect(narrowing(vevent({ timeRange, props, test: 'anyof' })).range).toBeUndefined();
    expect(narrowing(vevent({ comps: [comp({ name: 'VALARM', timeRange })] })).range).toBeUndefined();
    expect(narrowing(vevent({ props: [prop({ name: 'CREATED', timeRange })] })).range).toBeUndefined();
  });

  test('is-not-defined narrows nothing', () => {
    expect(narrowing(vevent({ isNotDefined: true }))).toEqual({
      components: undefined,
      range: undefined,
      decidedByIndex: false,
    });
  });

  test('one object has one type of component', () => {
    const both = vcalendar(comp({ name: 'VEVENT', timeRange }), comp({ name: 'VTODO', timeRange }));
    expect(narrowing(both)).toEqual({ components: [], range: undefined, decidedByIndex: false });
    expect(narrowing({ ...both, test: 'anyof' })).toEqual({
      components: ['VEVENT', 'VTODO'],
      range: undefined,
      decidedByIndex: false,
    });
  });

  test('nothing is said of VTIMEZONE, X- components and *', () => {
    for (const name of ['VTIMEZONE', 'X-COMP', '*']) {
      expect(narrowing(vcalendar(comp({ name }))).components).toBeUndefined();
      const either = { ...vcalendar(comp({ name }), comp({ name: 'VEVENT' })), test: 'anyof' as const };
      expect(narrowing(either).components).toBeUndefined();
    }
    expect(narrowing(vcalendar()).components).toBeUndefined();
  });
});
