/** The namespace of every element of xCal (RFC 6321 §7.1). */
export const XCAL_NAMESPACE = 'urn:ietf:params:xml:ns:icalendar-2.0';

/**
 * A lower-case name of iCalendar as the name of an element. iCalendar takes names that XML does not, such as `1-x`:
 * what cannot stand where it does becomes `_x0031_`, the way of ISO/IEC 9075-14.
 */
export function elementName(name: string): string {
  if (/^[a-z_][a-z0-9_.-]*$/.test(name) && !ESCAPED.test(name)) return name;
  const escaped = name.replace(/_(?=x[0-9a-f]{4}_)|[^a-z0-9_.-]/g, escapeUnit);
  return escaped.replace(/^[^a-z_]/, escapeUnit);
}

const ESCAPED = /_x[0-9a-f]{4}_/;
const escapeUnit = (unit: string): string => `_x${unit.charCodeAt(0).toString(16).padStart(4, '0')}_`;

/** The name of iCalendar that an element name stands for. */
export function nameOfElement(local: string): string {
  if (!ESCAPED.test(local)) return local;
  return local.replace(/_x([0-9a-f]{4})_/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}
