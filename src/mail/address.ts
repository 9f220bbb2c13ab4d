import { domainToASCII } from 'node:url';

/** dot-atom of RFC 5322 §3.2.3: nothing that has to be quoted, and so nothing that two programs read in two ways. */
const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
/** Letters of names of domains that are to be written in ASCII (RFC 5890); nothing of ASCII that is none of a domain. */
const INTERNATIONAL = /^(?:[A-Za-z0-9.-]|[^\u0000-\u00a0\u2000-\u206f\u3002\uff0e\uff61\ufff0-\uffff])+$/u;
/** RFC 5321 §4.5.3.1. */
const LONGEST_LOCAL = 64;
const LONGEST = 254;

/**
 * A mail address in the one form in which it may stand in a header and in an envelope, the domain in ASCII; undefined for
 * whatever is not plainly one: quoted local parts, address literals, groups, comments, control characters, several of them.
 */
export function plainAddress(text: string): string | undefined {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(at, 0));
  const domain = domainOf(text.slice(at + 1));
  if (domain === undefined || local.length > LONGEST_LOCAL || !LOCAL.test(local)) return undefined;
  const address = `${local}@${domain}`;
  return address.length > LONGEST ? undefined : address;
}

function domainOf(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  const domain = /^[\u0021-\u007e]*$/.test(text) ? text : INTERNATIONAL.test(text) ? domainToASCII(text) : '';
  const labels = domain.toLowerCase().split('.');
  // Numbers alone are an address of the network, not of a domain.
  if (!labels.every((label) => LABEL.test(label)) || /^\d+$/.test(labels.at(-1) ?? '')) return undefined;
  return labels.join('.');
}

/**
 * The mail address of a calendar user address (RFC 5545 §3.3.3): of `mailto:` what is before `?`, percent-decoded (RFC 6068
 * §2); undefined where no mail can be sent to it.
 */
export function mailAddressOf(calendarUser: string): string | undefined {
  const text = calendarUser.trim();
  const match = /^mailto:([^?]*)/i.exec(text);
  if (match === null) return text.includes(':') ? undefined : plainAddress(text);
  const decoded = decodedOf(match[1] ?? '');
  return decoded === undefined ? undefined : plainAddress(decoded);
}

function decodedOf(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // Ill encoded: nobody can tell what is meant.
    return undefined;
  }
}

export const domainOfAddress = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase();
