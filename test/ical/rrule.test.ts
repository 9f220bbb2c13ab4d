import { describe, expect, test } from 'vitest';
import { parseRule } from '../../src/ical/rrule.ts';
import { GREGORIAN_SCALE, RSCALES, scaleOf } from '../../src/ical/rscale.ts';

describe('a RECUR (RFC 5545 §3.3.10)', () => {
  test('is read into its parts', () => {
    const text =
      'FREQ=YEARLY;INTERVAL=2;COUNT=10;BYSECOND=0;BYMINUTE=30;BYHOUR=8,9;BYDAY=SU,+1MO,-2TU;BYMONTHDAY=-1,15;' +
      'BYYEARDAY=1,-366;BYWEEKNO=20,-1;BYMONTH=1;BYSETPOS=-1;WKST=SU';
    expect(parseRule(text)).toEqual({
      freq: 'YEARLY',
      interval: 2,
      count: 10,
      until: undefined,
      bySecond: [0],
      byMinute: [30],
      byHour: [8, 9],
      byDay: [
        { ordinal: 0, weekday: 0 },
        { ordinal: 1, weekday: 1 },
        { ordinal: -2, weekday: 2 },
      ],
      byMonthDay: [-1, 15],
      byYearDay: [-366, 1],
      byWeekNo: [-1, 20],
      byMonth: [1],
      bySetPos: [-1],
      weekStart: 0,
      skip: 'OMIT',
      scale: GREGORIAN_SCALE,
    });
  });

  test('without INTERVAL and WKST is of each period, in weeks from Monday', () => {
    expect(parseRule('FREQ=DAILY')).toMatchObject({ interval: 1, weekStart: 1, count: undefined });
  });

  test.each([
    ['UNTIL=20261231', 'date'],
    ['UNTIL=20261231T120000Z', 'utc'],
    ['UNTIL=20261231T120000', 'floating'],
  ])('with %s ends at a %s', (part, kind) => {
    expect(parseRule(`FREQ=DAILY;${part}`)).toMatchObject({ until: { kind } });
  });

  test('holds each number of a list once, in order', () => {
    expect(parseRule('FREQ=MONTHLY;BYMONTHDAY=15,1,15')).toMatchObject({ byMonthDay: [1, 15] });
    expect(parseRule('FREQ=MINUTELY;BYSECOND=60,59,0')).toMatchObject({ bySecond: [0, 59] });
  });

  test('may hold parts that begin with X-', () => {
    expect(parseRule('FREQ=DAILY;X-PART=1')).toMatchObject({ freq: 'DAILY' });
  });

  test('holds an interval that leads past year 9999 as one that does', () => {
    expect(parseRule('FREQ=DAILY;INTERVAL=999999999999999')).toMatchObject({ interval: 1e9 });
  });

  test.each([
    ['', 'FREQ is missing'],
    ['FREQ=DAILY;COUNT', 'COUNT is not NAME=VALUE'],
    ['FREQ=DAILY;COUNT=1e3', 'COUNT=1E3 is not a whole number above zero'],
    ['FREQ=DAILY;COUNT=0', 'COUNT=0 is not a whole number above zero'],
    ['FREQ=DAILY;INTERVAL=-1', 'INTERVAL=-1 is not a whole number above zero'],
    ['FREQ=DAILY;BYHOUR=24', 'BYHOUR=24 holds 24, which is not 0 to 23'],
    ['FREQ=DAILY;BYMINUTE=60', 'BYMINUTE=60 holds 60, which is not 0 to 59'],
    ['FREQ=DAILY;BYSECOND=61', 'BYSECOND=61 holds 61, which is not 0 to 60'],
    ['FREQ=DAILY;BYHOUR=-1', 'BYHOUR=-1 holds -1, which is not 0 to 23'],
    ['FREQ=YEARLY;BYYEARDAY=367', 'BYYEARDAY=367 holds 367, which is not ±1 to 366'],
    ['FREQ=YEARLY;BYWEEKNO=54', 'BYWEEKNO=54 holds 54, which is not ±1 to 53'],
    ['FREQ=YEARLY;BYSETPOS=0', 'BYSETPOS=0 holds 0, which is not ±1 to 366'],
    ['FREQ=YEARLY;BYMONTH=', 'BYMONTH= holds nothing, which is not 1 to 12'],
    ['FREQ=YEARLY;BYMONTH=5L', 'BYMONTH=5L holds 5L, which is not 1 to 12'],
    ['FREQ=MONTHLY;BYDAY=0MO', 'BYDAY=0MO holds 0MO, which is not a weekday'],
    ['FREQ=MONTHLY;BYDAY=54MO', 'BYDAY=54MO holds 54MO, which is not a weekday'],
    ['FREQ=MONTHLY;WKST=1', 'WKST=1 is not a weekday'],
    ['FREQ=MONTHLY;SKIP=NEVER', 'SKIP=NEVER is not OMIT, BACKWARD or FORWARD'],
    ['FREQ=MONTHLY;__PROTO__=1', '__PROTO__=1 is not a part of a recurrence rule'],
    ['FREQ=MONTHLY;CONSTRUCTOR=1', 'CONSTRUCTOR=1 is not a part of a recurrence rule'],
  ])('%j is at fault: %s', (text, fault) => {
    expect(parseRule(text)).toEqual({ fault });
  });
});

describe('a RECUR of another calendar (RFC 7529 §4)', () => {
  test.each(RSCALES)('RSCALE=%s is read in any case and place', (rscale) => {
    const rule = parseRule(`FREQ=YEARLY;SKIP=FORWARD;RSCALE=${rscale.toLowerCase()}`);
    expect(rule).toMatchObject({ skip: 'FORWARD', scale: scaleOf(rscale) });
  });

  test('may name leap months, which stand after the month of their number', () => {
    expect(parseRule('FREQ=YEARLY;BYMONTH=6,5L,5;RSCALE=CHINESE')).toMatchObject({ byMonth: [5, 5.5, 6] });
    expect(parseRule('FREQ=YEARLY;BYMONTH=5L;RSCALE=HEBREW')).toMatchObject({ byMonth: [5.5] });
  });

  test.each([
    ['RSCALE=ETHIOPIC;BYMONTH=13', 'byMonth', 13],
    ['RSCALE=HEBREW;BYYEARDAY=385', 'byYearDay', 385],
    ['RSCALE=CHINESE;BYWEEKNO=-55', 'byWeekNo', -55],
  ])('%s may be as high as the calendar goes', (parts, key, value) => {
    expect(parseRule(`FREQ=YEARLY;${parts}`)).toMatchObject({ [key]: [value] });
  });

  test.each([
    ['RSCALE=GREGORIAN;BYMONTH=5L', 'BYMONTH=5L holds 5L, which is not 1 to 12'],
    ['RSCALE=ISLAMIC-CIVIL;BYMONTH=12L', 'BYMONTH=12L holds 12L, which is not 1 to 12'],
    ['RSCALE=CHINESE;BYMONTH=13L', 'BYMONTH=13L holds 13L, which is not 1 to 12'],
    ['RSCALE=CHINESE;BYMONTHDAY=31', 'BYMONTHDAY=31 holds 31, which is not ±1 to 30'],
    ['RSCALE=CHINESE;BYMONTHDAY=5L', 'BYMONTHDAY=5L holds 5L, which is not ±1 to 30'],
    ['RSCALE=ISLAMIC-CIVIL;BYYEARDAY=356', 'BYYEARDAY=356 holds 356, which is not ±1 to 355'],
  ])('%s is at fault', (parts, fault) => {
    expect(parseRule(`FREQ=YEARLY;${parts}`)).toEqual({ fault });
  });

  test.each(['MAYAN', 'X-OWN', '', '__PROTO__', 'CONSTRUCTOR'])('RSCALE=%s is not supported', (rscale) => {
    const fault = `RSCALE=${rscale} is a calendar scale that is not supported`;
    expect(parseRule(`RSCALE=${rscale};FREQ=YEARLY`)).toEqual({ fault, code: 'supported-rscale' });
  });
});
