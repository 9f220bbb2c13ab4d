/** Ten ways in which other programs wrote an event that no calendar can use: what is wrong, and what repairs it. */
export const FAULTS: readonly (readonly [line: string, repair: RegExp])[] = [
  ['DTEND:soon', /DTEND.*left out/],
  ['DURATION:PT1', /DURATION.*left out/],
  ['DTEND:20260105T100000Z\r\nDURATION:PT1H', /the end is kept/],
  ['DTSTART:20260106T090000Z', /the first is kept/],
  ['RRULE:FREQ=DAILY;INTERVAL=0', /every one/],
  ['RRULE:FREQ=YEARLY;BYMONTH=13', /only the first instance/],
  ['RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', /never match/],
  ['RRULE:FREQ=DAILY\r\nEXDATE:nonsense,20260106T090000Z', /EXDATE.*kept/],
  ['RRULE:FREQ=DAILY;UNTIL=tomorrow', /only the first instance/],
  ['SEQUENCE:1\r\nstray line', /no property is left out/],
];
export const ALL = 1000;
/** The first ones are faulty, each kind twice. */
export const FAULTY = FAULTS.length * 2;

/** The VEVENT of a number; further lines are added. */
export function plantedEvent(number: number, ...more: readonly string[]): string {
  const planted = number < FAULTY ? [FAULTS[number % FAULTS.length]![0]] : [];
  const lines = [`UID:event-${number}`, 'DTSTAMP:20260101T000000Z', 'DTSTART:20260105T090000Z', ...planted];
  return ['BEGIN:VEVENT', ...lines, `SUMMARY:Number ${number}`, ...more, 'END:VEVENT', ''].join('\r\n');
}

/** The week that has an instance of each. */
export const WEEK = [Date.UTC(2026, 0, 5), Date.UTC(2026, 0, 12)] as const;
