/** iCalendar text of the lines, with CRLF. */
export const text = (...lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');

/** A VCALENDAR around the lines. */
export const calendar = (...lines: readonly string[]): string =>
  text('BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Example//Test//EN', ...lines, 'END:VCALENDAR');

/** A VEVENT that is right in every respect, with further lines. */
export const event = (uid: string, ...lines: readonly string[]): string[] => [
  'BEGIN:VEVENT',
  `UID:${uid}`,
  'DTSTAMP:20260101T000000Z',
  'DTSTART:20260302T090000Z',
  ...lines,
  'END:VEVENT',
];

/** A component of any kind. */
export const component = (name: string, ...lines: readonly string[]): string[] => [
  `BEGIN:${name}`,
  ...lines,
  `END:${name}`,
];
