import { hash } from 'node:crypto';

import { domainOfAddress, plainAddress } from './address.ts';
import { addressHeader, folded, textHeader } from './header.ts';
import type { ComposedMail, MailPolicy } from './outgoing.ts';
import { signedMail } from './sign.ts';
import { UnusableAddress } from './unusable-address.ts';

export interface Probe {
  readonly to: string;
  /** UTC milliseconds. */
  readonly at: number;
}

const TEXT = [
  'This mail was sent by Kalends, a calendar server, to try the way of its mail.',
  '',
  'Look at its headers: Authentication-Results should say that SPF, DKIM and DMARC pass.',
  '',
].join('\r\n');

/** A mail that tells nothing but that mail arrives. Throws UnusableAddress. */
export async function composeProbe({ to, at }: Probe, policy: MailPolicy): Promise<ComposedMail> {
  const recipient = plainAddress(to);
  const from = plainAddress(policy.from);
  const bounce = plainAddress(policy.bounce);
  if (recipient === undefined || from === undefined || bounce === undefined)
    throw new UnusableAddress('The address is not one that mail can be sent to');
  const id = hash('sha256', `${at} ${recipient}`, 'hex').slice(0, 32);
  const headers = [
    folded('Date', new Date(at).toUTCString().replace('GMT', '+0000')),
    folded('Message-ID', `<${id}@${domainOfAddress(from)}>`),
    addressHeader('From', { name: 'Kalends', address: from }, 100),
    addressHeader('To', { name: '', address: recipient }, 100),
    textHeader('Subject', 'A test of Kalends', 100),
    folded('Auto-Submitted', 'auto-generated'),
    folded('MIME-Version', '1.0'),
    folded('Content-Type', 'text/plain; charset=us-ascii'),
  ];
  const octets = Buffer.from(`${headers.join('')}\r\n${TEXT}`);
  const { dkim } = policy;
  return {
    octets: dkim === undefined ? octets : await signedMail(octets, dkim, at),
    envelope: { from: bounce, to: recipient },
  };
}
