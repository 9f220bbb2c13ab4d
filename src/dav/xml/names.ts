/** XML names in Clark notation, `{namespace}local`. The only place where a namespace is spelled out. */
export type ClarkName = `{${string}}${string}`;

/** Namespace to the prefix that every answer of ours declares on its root element. */
export const NAMESPACES = {
  D: 'DAV:',
  C: 'urn:ietf:params:xml:ns:caldav',
  CS: 'http://calendarserver.org/ns/',
  A: 'http://apple.com/ns/ical/',
  ME: 'http://me.com/_namespace/',
  P: 'https://bitfire.at/webdav-push',
  CR: 'urn:ietf:params:xml:ns:carddav',
} as const;

const name =
  (namespace: string) =>
  (local: string): ClarkName =>
    `{${namespace}}${local}`;

/** RFC 4918 and what extends it in its namespace. */
export const dav = name(NAMESPACES.D);
/** RFC 4791, RFC 6638, RFC 7809, RFC 8607. */
export const caldav = name(NAMESPACES.C);
/** Apple's calendarserver extensions. */
export const cs = name(NAMESPACES.CS);
/** Apple's iCal properties: calendar-color, calendar-order. */
export const apple = name(NAMESPACES.A);
/** me.com: bulk requests. */
export const me = name(NAMESPACES.ME);
/** WebDAV-Push draft. */
export const push = name(NAMESPACES.P);
/** What no specification has a word for; declared where it is used. */
export const kalends = name('urn:kalends:dav');
/** RFC 6352. */
export const carddav = name(NAMESPACES.CR);

// NameStartChar and NameChar of XML 1.0 §2.3, without the colon.
const START =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}' +
  '\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}';
const LOCAL_NAME = new RegExp(`^[${START}][${START}.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}-]*$`, 'u');

/** Whether this can be the local name of an element (Namespaces in XML 1.0, NCName). */
export const isLocalName = (text: string): boolean => LOCAL_NAME.test(text);

/** Whether elements can be in this namespace, in Clark notation: no URI holds a brace, and one is for declarations. */
export const isElementNamespace = (text: string): boolean =>
  !/[{}]/.test(text) && text !== 'http://www.w3.org/2000/xmlns/';

/** `{ns}local` into its halves. */
export function splitName(clark: ClarkName): { namespace: string; local: string } {
  const end = clark.indexOf('}');
  return { namespace: clark.slice(1, end), local: clark.slice(end + 1) };
}

/**
 * The reason in words inside DAV:error. Of all that servers have invented for it this is what clients and test suites
 * know and skip; CalendarServer sends it.
 */
export const errorDescription: ClarkName = '{http://twistedmatrix.com/xml_namespace/dav/}error-description';
