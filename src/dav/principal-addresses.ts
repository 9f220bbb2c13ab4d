import type { Principal } from '../calendar/model.ts';
import { principalHref } from './hrefs.ts';

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The `mailto:` addresses, the preferred one first. */
export function mailtoAddresses({ emails }: Principal): readonly string[] {
  return emails.map((email) => `mailto:${email}`);
}

/** The identifiers that last: the guid as a URN (RFC 9562 §4 where it is a UUID), and in Apple's form. */
export function urnAddresses({ guid }: Principal): readonly string[] {
  return UUID.test(guid) ? [`urn:uuid:${guid}`, `urn:x-uid:${guid}`] : [`urn:x-uid:${guid}`];
}

/**
 * Everything that names a calendar user (RFC 6638 §2.4.1). E-mail comes first: Apple Calendar takes the first
 * `mailto:` as the organizer's address, and offers no invitees without one.
 */
export function userAddresses(principal: Principal): readonly string[] {
  return [...mailtoAddresses(principal), principalHref(principal), ...urnAddresses(principal)];
}
