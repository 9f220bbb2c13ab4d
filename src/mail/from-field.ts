import addressparser from 'nodemailer/lib/addressparser';
import { fieldsNamed, type HeaderField } from './header-fields.ts';
import type { Mail } from './mail.ts';
import { asciiAddress, domainOf } from './mail-domain.ts';

/** Of whom a mail says that it is, or why that cannot be told. */
export type Author =
  | { readonly address: string; readonly domain: string }
  | {
      /** `fail`: no honest program writes such a From. */
      readonly result: 'none' | 'fail';
      readonly reason: string;
    };

/** The one address of From, in A-labels. Several authors, a group (RFC 6854) or two fields of the name are nobody. */
export function soleAuthor(fields: readonly HeaderField[], mail: Pick<Mail, 'from'>): Author {
  const [field, ...others] = fieldsNamed(fields, 'from');
  if (field === undefined) return { result: 'fail', reason: 'The mail has no From' };
  if (others.length > 0) return { result: 'fail', reason: 'The mail has several From fields' };
  if (field.value.length > MOST_TEXT) return { result: 'none', reason: 'From is too long to be read' };
  if (isGroup(field.value)) return { result: 'none', reason: 'From names a group, and nobody by an address' };
  const [first, ...more] = mail.from;
  if (first === undefined || first.address === '') return { result: 'fail', reason: 'From has no address' };
  if (more.length > 0) return { result: 'none', reason: 'From names several people' };
  // What the reader of mails has found has to be there as it is; its domain is read here, where no letter is lost.
  const [written] = addressparser(field.value, { flatten: true });
  const address = asciiAddress(written?.address ?? '');
  if (address === undefined) return { result: 'fail', reason: 'From has no address that can be read' };
  return { address, domain: domainOf(address) };
}

/** A name and an address (RFC 5321 §4.5.3.1), with much room. */
const MOST_TEXT = 4096;

/** A colon outside quotes, comments and angle brackets. */
function isGroup(value: string): boolean {
  const bare = value
    .replace(/\\./g, '')
    .replace(/"[^"]*"/g, '')
    .replace(/\([^()]*\)/g, '')
    .replace(/<[^<>]*>/g, '');
  return bare.includes(':') || bare.includes(';');
}

/** Fields of which a mail has one at most (RFC 5322 §3.6, RFC 2045 §3): of two, one may be signed and the other read. */
const SINGLE = ['sender', 'subject', 'date', 'content-type', 'content-transfer-encoding', 'mime-version'];

export const doubledField = (fields: readonly HeaderField[]): string | undefined =>
  SINGLE.find((name) => fieldsNamed(fields, name).length > 1);
