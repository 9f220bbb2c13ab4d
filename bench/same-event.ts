/** Of a line without folding: its name, its parameters in order, its value. */
const PARTS = /^([^;:]+)((?:;[^=;:]+=(?:"[^"]*"|[^";:]*))*):(.*)$/s;

/** `PT90M` and `PT1H30M` take as long as each other; days and weeks do not count hours (RFC 5545 §3.3.6). */
function durationOf(value: string): string {
  const found = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(value);
  if (found === null) return value;
  const [weeks, days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0)) as number[];
  return `${weeks! * 7 + days!} days ${(hours! * 60 + minutes!) * 60 + seconds!} s`;
}

const inOrder = (text: string, separator: string): string => text.split(separator).sort().join(separator);

/** A line as every server may write it: in another order where none counts, without quotes that are not needed. */
function meaningOf(line: string): string {
  const [, name = '', params = '', value = ''] = PARTS.exec(line) ?? [];
  const property = name.toUpperCase();
  const given = inOrder(params.replaceAll('"', '').toUpperCase(), ';').replace(';VALUE=DATE-TIME', '');
  if (property === 'DURATION') return `${property}${given}:${durationOf(value)}`;
  if (property === 'RRULE') return `${property}${given}:${inOrder(value, ';')}`;
  return `${property}${given}:${value}`;
}

/** What each VEVENT of a text says, whatever the order of its lines. */
function eventsOf(ics: string): string {
  const lines = ics.replace(/\r?\n[ \t]/g, '');
  return [...lines.matchAll(/^BEGIN:VEVENT\r?\n(.*?)\r?\nEND:VEVENT\r?$/gms)]
    .map(([, body]) => body!.split(/\r?\n/).map(meaningOf).sort().join('\n'))
    .sort()
    .join('\n\n');
}

/**
 * Whether two texts hold the same events. Servers may write anew what they were sent: lines and parameters in another order,
 * folded elsewhere, a duration in other units, other VTIMEZONEs, their own PRODID.
 */
export const isSameEvent = (found: string, sent: string): boolean => eventsOf(found) === eventsOf(sent);
