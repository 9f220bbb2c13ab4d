import { createPrivateKey } from 'node:crypto';

import type { MailPolicy } from './outgoing.ts';

type Key = NonNullable<MailPolicy['dkim']>;

const HEADER = Buffer.from('DKIM-Signature:');

/**
 * A mail with its DKIM signature before it (RFC 6376), by an RSA key or one of Ed25519 (RFC 8463): the same mail has the same
 * one. Throws TypeError where the key cannot sign, so that nothing goes out without.
 */
export async function signedMail(octets: Buffer, key: Key, at: number): Promise<Buffer> {
  const mail = isEd25519(key) ? await byEd25519(octets, key, at) : await byRsa(octets, key);
  if (!mail.subarray(0, HEADER.length).equals(HEADER)) throw new TypeError('The DKIM key cannot sign');
  return mail;
}

/** By the text of the key: to read it costs as much as to sign with it. */
const KINDS = new Map<string, boolean>();

function isEd25519({ privateKey }: Key): boolean {
  const known = KINDS.get(privateKey);
  if (known !== undefined) return known;
  let is = false;
  try {
    is = createPrivateKey(privateKey).asymmetricKeyType === 'ed25519';
  } catch (cause) {
    throw new TypeError('The DKIM key cannot sign', { cause });
  }
  // One a process; a test has a few.
  if (KINDS.size >= 10) KINDS.clear();
  KINDS.set(privateKey, is);
  return is;
}

async function byRsa(octets: Buffer, { domain, selector, privateKey }: Key): Promise<Buffer> {
  const { default: DKIM } = await import('nodemailer/lib/dkim');
  const signer = new DKIM({ domainName: domain, keySelector: selector, privateKey });
  const chunks: Buffer[] = [];
  for await (const chunk of signer.sign(octets)) chunks.push(Buffer.from(chunk as Uint8Array)); // a stream of octets
  return Buffer.concat(chunks);
}

/** nodemailer signs with RSA alone. */
async function byEd25519(octets: Buffer, { domain, selector, privateKey }: Key, at: number): Promise<Buffer> {
  // It checks mails, too: hundreds of files.
  const { dkimSign } = await import('mailauth');
  const named = { signingDomain: domain, selector, privateKey };
  const { signatures } = await dkimSign(octets, {
    ...{ canonicalization: 'relaxed/relaxed', signTime: new Date(at), algorithm: 'ed25519-sha256' },
    ...named,
    signatureData: [named],
  });
  return Buffer.concat([Buffer.from(signatures), octets]);
}
