/** Zones that the events of the benchmark are in, each with the VTIMEZONE that a client would send along. */
const block = (lines: readonly string[]): string => lines.join('\r\n');

const part = (kind: string, start: string, from: string, to: string, rule?: string): readonly string[] => [
  `BEGIN:${kind}`,
  `DTSTART:${start}`,
  ...(rule === undefined ? [] : [`RRULE:${rule}`]),
  `TZOFFSETFROM:${from}`,
  `TZOFFSETTO:${to}`,
  `END:${kind}`,
];

const zone = (tzid: string, ...parts: readonly (readonly string[])[]): string =>
  block(['BEGIN:VTIMEZONE', `TZID:${tzid}`, ...parts.flat(), 'END:VTIMEZONE']);

export const VTIMEZONES: Readonly<Record<string, string>> = {
  'Europe/Berlin': zone(
    'Europe/Berlin',
    part('DAYLIGHT', '19960331T020000', '+0100', '+0200', 'FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU'),
    part('STANDARD', '19961027T030000', '+0200', '+0100', 'FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU'),
  ),
  'America/New_York': zone(
    'America/New_York',
    part('DAYLIGHT', '20070311T020000', '-0500', '-0400', 'FREQ=YEARLY;BYMONTH=3;BYDAY=2SU'),
    part('STANDARD', '20071104T020000', '-0400', '-0500', 'FREQ=YEARLY;BYMONTH=11;BYDAY=1SU'),
  ),
  'Asia/Tokyo': zone('Asia/Tokyo', part('STANDARD', '19510101T000000', '+0900', '+0900')),
};

export const ZONES = ['UTC', ...Object.keys(VTIMEZONES)];
