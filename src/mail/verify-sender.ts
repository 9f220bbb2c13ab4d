import { HOUR } from '../base/clock.ts';
import type { ARCData, DKIMResult, DKIMVerifyResult, SPFResult } from 'mailauth';
import { conclusionOf, ownResults, readAuthenticationResults } from './authentication-results.ts';
import { countedResolver } from './counted-resolver.ts';
import { doubledField, soleAuthor } from './from-field.ts';
import { fieldsNamed, headerFields, type HeaderField } from './header-fields.ts';
import type { Mail } from './mail.ts';
import { asciiDomain, domainOf, isWithin } from './mail-domain.ts';
import type { RawMail } from './raw-mail.ts';
import type { MailResolver } from './resolver.ts';
import type { Verdict } from './verdict.ts';

export interface SenderOptions {
  readonly resolver: MailResolver;
  /** authserv-id of our own mail server (RFC 8601 §2.5); undefined: no Authentication-Results are believed. */
  readonly authserv?: string | undefined;
  /** Domains whose DKIM signature, or newest ARC seal, vouches for every From. */
  readonly signers: readonly string[];
  /** Name of this server, as SPF macros may ask for it. */
  readonly mta?: string | undefined;
  /** UTC milliseconds. */
  readonly now: number;
}

/**
 * The DNS does not answer for the domain of From, and the mail is fresh: it is to be handed in again later, for an hour after
 * it was sent. After that it is judged without: nobody can tell who has sent it.
 */
export class SenderNotYetKnown extends Error {
  override readonly name = 'SenderNotYetKnown';
}

/** It takes a fifth of a second and 45 MB: it is there with the first mail that comes, and not in servers that take none. */
const mailauth = () => import('mailauth');

/** More signatures, or seals, than any honest mail has: each costs a question to the DNS and work. */
const MOST_SIGNATURES = 10;
const MOST_SEALS = 15;
/** RFC 8301 §3.2. */
const LEAST_KEY_BITS = 1024;
/** Who has sent a mail, by DKIM, SPF, DMARC and ARC, or by our own mail server's word. Throws SenderNotYetKnown. */
export async function verifySender(raw: RawMail, mail: Mail, options: SenderOptions): Promise<Verdict> {
  const fields = headerFields(raw.octets);
  if (fields === undefined) return { result: 'none', from: undefined, reason: 'Its header is too long to be checked' };
  const author = soleAuthor(fields, mail);
  if ('reason' in author) return { ...author, from: undefined };
  const { address: from, domain } = author;
  const signers = options.signers.map(asciiDomain);
  const told = believes(raw, options)
    ? conclusionOf(ownResults(fields, options.authserv ?? ''), { domain, signers })
    : undefined;
  if (told !== undefined) return { ...told, from, by: 'authserv' };
  const oddity = oddityOf(fields);
  if (oddity !== undefined) return { result: 'none', from, reason: oddity };
  const checks = await checked(raw, { fields, from, domain, signers }, options);
  return { from, ...decided(checks) };
}

/** Our own mail server hands in by LMTP, a pipe or a mailbox; who hands in by SMTP has written all of the mail himself. */
const believes = ({ source, client }: RawMail, { authserv }: SenderOptions): boolean =>
  authserv !== undefined && authserv !== '' && source !== 'smtp' && client === undefined;

function oddityOf(fields: readonly HeaderField[]): string | undefined {
  const doubled = doubledField(fields);
  if (doubled !== undefined) return `The mail has the field ${doubled} twice`;
  if (fieldsNamed(fields, 'dkim-signature').length > MOST_SIGNATURES) return 'The mail has too many signatures';
  return fieldsNamed(fields, 'arc-seal').length > MOST_SEALS ? 'The mail has too many ARC seals' : undefined;
}

interface Subject {
  readonly fields: readonly HeaderField[];
  /** The address of From and its domain, in A-labels. */
  readonly from: string;
  readonly domain: string;
  readonly signers: readonly string[];
}

interface Checks extends Subject {
  readonly now: number;
  readonly signatures: readonly Signature[];
  readonly spf: SPFResult | undefined;
  readonly dmarc: { readonly result: string; readonly policy: string; readonly byDkim: boolean } | undefined;
  /** Which trusted domain has sealed that the mail passed there. */
  readonly sealer: string | undefined;
}

interface Signature {
  readonly domain: string;
  readonly result: string;
  /** Why it does not count; undefined: it counts. */
  readonly fault: string | undefined;
}

async function checked(raw: RawMail, subject: Subject, options: SenderOptions): Promise<Checks> {
  const { now } = options;
  const resolver = countedResolver(options.resolver);
  const keys = { resolver, minBitLength: LEAST_KEY_BITS };
  const { dkimVerify, dmarc } = await mailauth();
  const dkim = await dkimVerify(raw.octets, {
    ...{ ...keys, rejectRsaSha1: true, curTime: new Date(now) },
    sender: raw.envelope.from,
  });
  const signatures = dkim.results.flatMap((result) => signatureOf(result, subject, now) ?? []);
  const client = raw.client && (await spfOf(raw, { ...options, resolver }));
  const good = signatures.filter(({ fault }) => fault === undefined);
  const policy = await dmarc({
    ...{ headerFrom: [subject.from], fromFields: 1, resolver },
    spfDomains: client?.status.result === 'pass' ? [client.domain] : [],
    dkimDomains: good.map(({ domain }) => ({ domain })),
  });
  return {
    ...{ ...subject, now, signatures, spf: client, sealer: await sealerOf(dkim, subject, keys) },
    dmarc:
      policy === false
        ? undefined
        : {
            result: policy.status.result,
            policy: policy.policy,
            byDkim: typeof policy.alignment?.dkim.result === 'string',
          },
  };
}

async function spfOf(raw: RawMail, { resolver, mta }: SenderOptions): Promise<SPFResult | undefined> {
  const { client, envelope } = raw;
  if (client === undefined) return undefined;
  const { spf } = await mailauth();
  return spf({ ip: client.address, helo: client.helo, sender: envelope.from, mta: mta ?? 'localhost', resolver });
}

/** What mailauth lets pass though the RFC does not, and we do too: spellings of keys that many domains have. */
const TOLERATED: ReadonlySet<string> = new Set(['key-syntax', 'key-v-syntax', 'key-type-inferred', 'query-method']);
/** A signature that is older says only that the mail was good once: who has it could send it again and again. */
const OLDEST_DAYS = 30;
/** Clocks differ. */
const SKEW = 10 * 60_000;

function signatureOf(result: DKIMResult, { fields }: Subject, now: number): Signature | undefined {
  const { signingDomain, status } = result;
  if (signingDomain === undefined || signingDomain === '') return undefined;
  const fault = status.result === 'pass' ? faultOf(result, fields, now) : (status.comment ?? 'it does not fit');
  return { domain: asciiDomain(signingDomain), result: status.result, fault };
}

function faultOf(
  { status, signTime, signingHeaders }: DKIMResult,
  fields: readonly HeaderField[],
  now: number,
): string | undefined {
  if ((status.underSized ?? 0) > 0) return 'it is not of the whole mail';
  if (status.warnings?.some((warning) => !TOLERATED.has(warning)) === true) return 'it is not well formed';
  if (status.testing === true) return 'its domain only tries signing out';
  const signed = (signingHeaders?.keys ?? '')
    .toLowerCase()
    .split(':')
    .map((name) => name.trim());
  if (!signed.includes('from')) return 'it is not of From';
  const date = signed.includes('date') ? Date.parse(fieldsNamed(fields, 'date')[0]?.value ?? '') : Number.NaN;
  const at = typeof signTime === 'string' ? Date.parse(signTime) : date;
  if (at > now + SKEW) return 'it is of the future';
  return at < now - OLDEST_DAYS * 24 * HOUR ? 'it is too old' : undefined;
}

/** The trusted domain that has sealed last (RFC 8617), where it says that the mail passed when it came there. */
async function sealerOf(
  dkim: DKIMVerifyResult,
  { fields, domain, signers }: Subject,
  keys: { readonly resolver: MailResolver; readonly minBitLength: number },
): Promise<string | undefined> {
  const newest = dkim.arc?.lastEntry;
  if (dkim.arc === undefined || newest === undefined) return undefined;
  const sealer = asciiDomain(String(newest['arc-seal']?.parsed?.d?.value ?? ''));
  if (!signers.includes(sealer)) return undefined;
  const { arc } = await mailauth();
  // What dkimVerify has gathered is what arc takes; their types differ in how absence is written.
  const chain = await arc(dkim.arc as ARCData, keys);
  if (chain.status.result !== 'pass' || typeof chain.i !== 'number') return undefined;
  const own = new RegExp(`^\\s*i\\s*=\\s*${chain.i}\\s*;`);
  const told = fieldsNamed(fields, 'arc-authentication-results').find(({ value }) => own.test(value));
  const { results } = readAuthenticationResults(told?.value.replace(own, '') ?? '');
  return conclusionOf(results, { domain, signers })?.result === 'pass' ? sealer : undefined;
}

function decided(checks: Checks): Omit<Verdict, 'from'> {
  const { signatures, signers, domain, dmarc: policy, spf: client, sealer } = checks;
  const good = signatures.filter(({ fault }) => fault === undefined);
  if (policy?.result === 'pass') {
    return { result: 'pass', by: policy.byDkim ? 'dkim' : 'spf', reason: `${domain} vouches for it (DMARC)` };
  }
  const signer = good.find((each) => signers.includes(each.domain))?.domain;
  if (signer !== undefined) return { result: 'pass', by: 'signer', reason: `${signer} vouches for it` };
  if (sealer !== undefined)
    return { result: 'pass', by: 'arc', reason: `${sealer} says that ${domain} vouched for it` };
  // A domain with a policy says itself what counts; of others, who rules the domain of From has to have signed.
  if (policy?.result === 'none' || policy === undefined) {
    const own = good.find((each) => isWithin(domain, each.domain));
    if (own !== undefined) return { result: 'pass', by: 'dkim', reason: `${own.domain} vouches for it (DKIM)` };
    if (client?.status.result === 'pass' && isWithin(domain, asciiDomain(client.domain)))
      return { result: 'pass', by: 'spf', reason: `${domain} vouches for who has sent it (SPF)` };
  }
  if (isInTrouble(checks)) return withoutDns(checks);
  if (policy?.result === 'fail' && policy.policy !== 'none')
    return { result: 'fail', reason: `${domain} says that mail like this is not its own (DMARC)` };
  if (policy?.result !== 'fail' && client?.status.result === 'fail' && isOfFrom(client, domain))
    return { result: 'fail', reason: `${domain} says that who has sent it may not send its mail (SPF)` };
  return { result: 'none', reason: reasonOfNone(checks) };
}

const isOfFrom = (client: SPFResult, domain: string): boolean =>
  domainOf(client['envelope-from'] ?? '') === domain || asciiDomain(client.domain) === domain;

/** Whether the DNS has not answered for something on which it hangs. */
function isInTrouble({ signatures, signers, domain, dmarc: policy, spf: client }: Checks): boolean {
  const counts = (each: Signature): boolean => isWithin(domain, each.domain) || signers.includes(each.domain);
  if (signatures.some((each) => each.result === 'temperror' && counts(each))) return true;
  if (policy?.result === 'temperror') return true;
  return client?.status.result === 'temperror' && isOfFrom(client, domain);
}

function withoutDns({ fields, domain, now }: Checks): Omit<Verdict, 'from'> {
  const reason = `The DNS does not tell whether ${domain} vouches for it`;
  // The newest trace line is our own mail server's, where there is one.
  const trace = fieldsNamed(fields, 'received')[0]?.value.split(';').at(-1);
  const sentAt = Date.parse(trace ?? fieldsNamed(fields, 'date')[0]?.value ?? '');
  if (sentAt > now - HOUR && sentAt < now + SKEW) throw new SenderNotYetKnown(reason);
  return { result: 'none', reason };
}

function reasonOfNone({ signatures, domain }: Checks): string {
  const own = signatures.find((each) => isWithin(domain, each.domain));
  if (own?.fault !== undefined) return `The signature of ${own.domain} does not count: ${own.fault}`;
  const other = signatures[0];
  if (other !== undefined) return `It is signed by ${other.domain}, which does not vouch for ${domain}`;
  return `Nothing proves that it is from ${domain}`;
}
