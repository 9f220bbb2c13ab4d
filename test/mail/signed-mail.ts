import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { dkimSign, sealMessage } from 'mailauth';
import type { MailResolver } from '../../src/mail/resolver.ts';

/** Keys and DNS of a test's own: nobody outside is asked. */
export interface Zone {
  readonly resolver: MailResolver;
  /** A TXT record. */
  txt(name: string, text: string): void;
  /** What the DNS does for a name from now on instead of answering. */
  fails(name: string, code: string): void;
  /** Publishes a new key of a domain; the way to sign with it. */
  key(domain: string, options?: KeyOptions): Signer;
  /** Names that were asked for. */
  readonly asked: string[];
}

interface KeyOptions {
  readonly selector?: string;
  readonly type?: 'rsa' | 'ed25519';
  readonly bits?: number;
  /** Flags in the key record, such as `y`. */
  readonly flags?: string;
}

export interface Signer {
  readonly domain: string;
  readonly selector: string;
  readonly privateKey: string;
  readonly algorithm: string;
}

const RSA = new Map<number, { publicKey: KeyObject; privateKey: KeyObject }>();
let made = 0;

/** RSA keys take long to make: the first of a size is used for all where it does not matter whose it is. */
function keyPair({ type = 'ed25519', bits = 2048 }: KeyOptions): { publicKey: KeyObject; privateKey: KeyObject } {
  if (type === 'ed25519') return generateKeyPairSync('ed25519');
  const known = RSA.get(bits) ?? generateKeyPairSync('rsa', { modulusLength: bits });
  RSA.set(bits, known);
  return known;
}

const notThere = (code: string): Error => Object.assign(new Error(code), { code });

export function dnsZone(): Zone {
  const records = new Map<string, string>();
  const failing = new Map<string, string>();
  const asked: string[] = [];
  const txt = (name: string, text: string): void => void records.set(name, text);
  return {
    ...{ asked, txt },
    fails: (name, code) => void failing.set(name, code),
    resolver(name, rrtype) {
      asked.push(`${rrtype} ${name}`);
      const code = failing.get(name);
      if (code !== undefined) return Promise.reject(notThere(code));
      const text = rrtype === 'TXT' ? records.get(name) : undefined;
      return text === undefined ? Promise.reject(notThere('ENOTFOUND')) : Promise.resolve([[text]]);
    },
    key(domain, options = {}) {
      const { selector = `s${++made}`, type = 'ed25519', flags } = options;
      const { publicKey, privateKey } = keyPair(options);
      const der = publicKey.export({ type: 'spki', format: 'der' });
      // RFC 8463 §4: of ed25519 the key alone, which ends its SubjectPublicKeyInfo.
      const p = (type === 'ed25519' ? der.subarray(-32) : der).toString('base64');
      txt(`${selector}._domainkey.${domain}`, `v=DKIM1; k=${type}${flags === undefined ? '' : `; t=${flags}`}; p=${p}`);
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      return { domain, selector, privateKey: pem, algorithm: `${type}-sha256` };
    },
  };
}

/** When mails are signed unless a test says otherwise: the present of the tests. */
export const SIGNED_AT = Date.UTC(2026, 2, 2, 9);

export interface SignOptions {
  readonly at?: number;
  readonly expires?: number;
  readonly headers?: readonly string[];
  /** l=: so many octets of the body. */
  readonly length?: number;
}

const HEADERS = ['From', 'To', 'Subject', 'Date', 'Message-ID', 'MIME-Version', 'Content-Type'];

/** The mail with a signature on top. */
export async function signed(
  mail: Buffer | string,
  signer: Signer,
  { at = SIGNED_AT, expires, headers = HEADERS, length }: SignOptions = {},
): Promise<Buffer> {
  const { signatures, errors } = await dkimSign(mail, {
    ...{ canonicalization: 'relaxed/relaxed', headerList: [...headers], signTime: new Date(at) },
    ...keyOf(signer),
    ...(expires !== undefined && { expires: new Date(expires) }),
    signatureData: [{ ...keyOf(signer), ...(length !== undefined && { maxBodyLength: length }) }],
  });
  if (errors.length > 0) throw new Error(String(errors[0]?.err));
  return Buffer.concat([Buffer.from(signatures), Buffer.from(mail)]);
}

const keyOf = ({ domain, selector, privateKey, algorithm }: Signer) => ({
  ...{ signingDomain: domain, selector, privateKey, algorithm },
});

/** The mail as a server passes it on that says what it has found, and seals that (RFC 8617). */
export async function sealed(mail: Buffer | string, signer: Signer, found: string): Promise<Buffer> {
  const authResults = `mx.${signer.domain}; ${found}`;
  const seal = await sealMessage(mail, { ...keyOf(signer), authResults, signTime: new Date(SIGNED_AT) });
  return Buffer.concat([seal, Buffer.from(mail)]);
}

/** A signature that is right and of the subject alone, which no program makes. */
export function signedWithoutFrom(mail: string, { domain, selector, privateKey }: Signer): string {
  const [subject = ''] = /^Subject: (.*)$/m.exec(mail)?.slice(1) ?? [];
  const body = mail.slice(mail.indexOf('\r\n\r\n') + 4);
  const bodyHash = createHash('sha256').update(body).digest('base64');
  const tags = `v=1; a=ed25519-sha256; c=relaxed/relaxed; d=${domain}; s=${selector}; h=subject; bh=${bodyHash}; b=`;
  const octets = createHash('sha256').update(`subject:${subject.trim()}\r\ndkim-signature:${tags}`).digest();
  return `DKIM-Signature: ${tags}${sign(null, octets, privateKey).toString('base64')}\r\n${mail}`;
}
