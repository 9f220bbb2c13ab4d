import { domainToASCII } from 'node:url';

/** A domain as it is compared and shown: in lower case, IDN in A-labels, so that one that looks alike does not; '' for none. */
export const asciiDomain = (domain: string): string => domainToASCII(domain.trim().replace(/\.$/, '')).toLowerCase();

/** A mail address in lower case with its domain in A-labels; undefined where it is none. */
export function asciiAddress(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  const domain = at < 1 ? '' : asciiDomain(address.slice(at + 1));
  return domain === '' ? undefined : `${address.slice(0, at).toLowerCase()}@${domain}`;
}

export const domainOf = (address: string): string => asciiDomain(address.slice(address.lastIndexOf('@') + 1));

/** Whether a domain is another, or below it: who has the upper one rules what is below. Of a top-level domain it is never said. */
export const isWithin = (domain: string, upper: string): boolean =>
  upper.includes('.') && (domain === upper || domain.endsWith(`.${upper}`));
