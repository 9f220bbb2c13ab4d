import { isUtf8 } from 'node:buffer';

const TYPES = new Set([
  ...['text/calendar', 'application/ics', 'application/x-ics', 'text/ics', 'text/x-ics'],
  ...['text/x-calendar', 'application/calendar', 'text/x-vcalendar', 'text/ical', 'application/ical'],
]);

/** Whether a part with this Content-Type is iCalendar: the registered type, and what programs write instead. */
export const isCalendarType = (contentType: string): boolean => TYPES.has(contentType);

/** Whether a part of any type is iCalendar by its name. */
export const isCalendarName = (filename: string | undefined): boolean =>
  filename !== undefined && /\.(?:ics|ical|icalendar|vcs)$/i.test(filename.trim());

/**
 * A text in UTF-8, without a byte order mark. A mark comes before the charset that is told; what tells none, or one that
 * nobody knows, is UTF-8 where it can be, else Windows-1252, as programs on Windows write it.
 */
export function toUtf8(octets: Buffer, charset: string | undefined): Buffer {
  const marked = BYTE_ORDER_MARKS.find(({ mark }) => mark.every((octet, at) => octets[at] === octet));
  if (marked !== undefined) return decoded(octets.subarray(marked.mark.length), marked.charset);
  const name = charset?.trim().toLowerCase() ?? '';
  if (UNDECIDED.has(name) || !isKnown(name)) return isUtf8(octets) ? octets : decoded(octets, 'windows-1252');
  return decoded(octets, name);
}

/** What is said where nobody has thought about it. */
const UNDECIDED = new Set(['', 'us-ascii', 'ascii', 'ansi_x3.4-1968', 'utf-8', 'utf8']);

const BYTE_ORDER_MARKS = [
  { mark: [0xef, 0xbb, 0xbf], charset: 'utf-8' },
  { mark: [0xff, 0xfe], charset: 'utf-16le' },
  { mark: [0xfe, 0xff], charset: 'utf-16be' },
] as const;

function isKnown(charset: string): boolean {
  try {
    new TextDecoder(charset);
    return true;
  } catch {
    return false;
  }
}

const decoded = (octets: Buffer, charset: string): Buffer =>
  charset === 'utf-8' ? octets : Buffer.from(new TextDecoder(charset).decode(octets));
