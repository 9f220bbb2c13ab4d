import addressparser from 'nodemailer/lib/addressparser';

/** Whom a mail without an envelope says that it came from and for. */
export interface TracedEnvelope {
  /** Of Return-Path; '' for the null sender, and where there is none. */
  readonly from: string;
  /** What the mail servers noted that delivered it: Delivered-To, X-Original-To, Envelope-To. */
  readonly deliveredTo: readonly string[];
  /** Of To and Cc, as its sender wrote them. */
  readonly to: readonly string[];
}

const MOST_OCTETS = 128 * 1024;
/** Of one header. */
const MOST_TEXT = 16 * 1024;

/** Reads the headers of a mail that comes out of a mailbox or a pipe: the envelope is gone there (RFC 5321 §4.4). */
export function traceLinesOf(octets: Uint8Array): TracedEnvelope {
  const text = Buffer.from(octets.subarray(0, MOST_OCTETS)).toString('utf8');
  const [head = ''] = text.split(/\r?\n\r?\n/, 1);
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const addresses = (name: string): readonly string[] =>
    lines
      .filter((line) => line.toLowerCase().startsWith(`${name}:`))
      .flatMap((line) => addressesIn(line.slice(name.length + 1)));
  return {
    from: addresses('return-path')[0] ?? '',
    deliveredTo: distinct(['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to'].flatMap(addresses)),
    to: distinct(['to', 'cc'].flatMap(addresses)),
  };
}

const addressesIn = (text: string): readonly string[] =>
  addressparser(text.slice(0, MOST_TEXT), { flatten: true })
    .map(({ address }) => address.trim())
    .filter((address) => address.includes('@'));

/** Without regard to case: the first way of writing counts. */
const distinct = (addresses: readonly string[]): readonly string[] =>
  [...new Map(addresses.toReversed().map((address) => [address.toLowerCase(), address])).values()].toReversed();

/**
 * Which of our recipients such a mail is for: those of its trace lines, or of To and Cc where these name none of ours; the
 * first ones up to `most`.
 */
export async function tracedRecipients(
  { deliveredTo, to }: TracedEnvelope,
  knows: (address: string) => Promise<boolean>,
  most: number,
): Promise<readonly string[]> {
  const traced = await knownOf(deliveredTo, knows, most);
  return traced.length > 0 ? traced : knownOf(to, knows, most);
}

async function knownOf(
  addresses: readonly string[],
  knows: (address: string) => Promise<boolean>,
  most: number,
): Promise<readonly string[]> {
  const known: string[] = [];
  for (const address of addresses.slice(0, LOOKED_AT)) {
    if (known.length >= most) break;
    if (await knows(address)) known.push(address);
  }
  return known;
}

/** A mail to a thousand people is looked at no further. */
const LOOKED_AT = 1000;
