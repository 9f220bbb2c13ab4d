/** Text as it stands in HTML, in an element or a quoted attribute: nothing in it is markup, or a control character. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(CONTROL, ' ').replaceAll(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);

// All but tab and line feed; with them what turns the writing direction of everything after it.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** An address that a browser may be led to; undefined for `javascript:` and whatever else is no web page. */
export function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const { protocol, href, username, password } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && username + password === '' ? href : undefined;
}
