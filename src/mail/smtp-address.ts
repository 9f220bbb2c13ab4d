import { domainToASCII } from 'node:url';

/** RFC 5321 §4.5.3.1: octets of a local part and of a domain. */
const LOCAL_OCTETS = 64;
const DOMAIN_OCTETS = 255;
/** atext of RFC 5322 §3.2.3 with dots, and what RFC 6531 §3.3 adds to it. */
const DOT_ATOM = /^[\w!#$%&'*/=?^`{|}~+\-\u{80}-\u{10ffff}]+(?:\.[\w!#$%&'*/=?^`{|}~+\-\u{80}-\u{10ffff}]+)*$/u;
/** RFC 5321 §4.1.2, without what a server may take for something else. */
const QUOTED = /^"(?:[^"\\<>\p{Cc}]|\\[ -;=?-~])+"$/u;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;
const LITERAL = /^\[[\da-f.:]+\]$|^\[IPv6:[\da-f.:]+\]$/i;

/** An address as an envelope has it, its domain in ASCII (RFC 5891 §4.4); undefined: no mail can be sent to it. */
export function envelopeAddress(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(at, 0)).normalize('NFC');
  const domain = asciiDomain(address.slice(at + 1));
  if (domain === undefined || Buffer.byteLength(local) > LOCAL_OCTETS) return undefined;
  return (DOT_ATOM.test(local) && !/\p{Cc}/u.test(local)) || QUOTED.test(local) ? `${local}@${domain}` : undefined;
}

function asciiDomain(domain: string): string | undefined {
  if (LITERAL.test(domain)) return domain;
  // Of what a URL takes as a host, addresses in other notations and escapes are no domains.
  if (domain === '' || /[%/?#@\\:\s]/.test(domain)) return undefined;
  const named = domain.replace(/\.$/, '');
  const ascii = /^[\w.-]+$/.test(named) ? named : domainToASCII(named);
  const labels = ascii.split('.');
  const isName = labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
  return isName && ascii.length <= DOMAIN_OCTETS ? ascii : undefined;
}

/** Whether only a server that knows SMTPUTF8 takes it (RFC 6531 §3.2). */
export const needsUtf8 = (address: string): boolean => /[^\p{ASCII}]/u.test(address);
