import { beforeEach, describe, expect, test } from 'vitest';
import { readMail } from '../../src/mail/mime.ts';
import type { RawMail } from '../../src/mail/raw-mail.ts';
import { SenderNotYetKnown, verifySender, type SenderOptions } from '../../src/mail/verify-sender.ts';
import type { Verdict } from '../../src/mail/verdict.ts';
import { dnsZone, sealed, signed, signedWithoutFrom, SIGNED_AT, type Zone } from './signed-mail.ts';

const NOW = SIGNED_AT;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BODY = ['Content-Type: text/plain', '', 'You are invited.', ''];

let zone: Zone;
beforeEach(() => {
  zone = dnsZone();
});

const mailOf = (from: string, ...more: readonly string[]): string =>
  [
    ...[`From: ${from}`, 'To: bob@here.example', 'Subject: Meeting', `Date: ${new Date(NOW).toUTCString()}`],
    ...['Message-ID: <1@corp.example>', 'MIME-Version: 1.0', ...more, ...BODY],
  ].join('\r\n');
const ALICE = 'Alice <alice@corp.example>';

interface Ways extends Partial<SenderOptions> {
  readonly source?: RawMail['source'];
  readonly client?: RawMail['client'];
  readonly envelope?: string;
}

async function verify(
  octets: Buffer | string,
  { source = 'lmtp', client, envelope = 'bounce@corp.example', ...options }: Ways = {},
): Promise<Verdict> {
  const raw: RawMail = {
    octets: Buffer.from(octets),
    ...{ source, client },
    envelope: { from: envelope, to: ['bob@here.example'] },
  };
  const mail = await readMail(raw.octets);
  return verifySender(raw, mail, { resolver: zone.resolver, signers: ['google.com'], now: NOW, ...options });
}

const strict = (domain: string, policy = 'reject'): void => zone.txt(`_dmarc.${domain}`, `v=DMARC1; p=${policy}`);

describe('pass', () => {
  test.each(['rsa', 'ed25519'] as const)('is mail that its domain has signed (%s)', async (type) => {
    const octets = await signed(mailOf(ALICE), zone.key('corp.example', { type }));
    expect(await verify(octets)).toEqual({
      ...{ result: 'pass', from: 'alice@corp.example', by: 'dkim' },
      reason: 'corp.example vouches for it (DKIM)',
    });
  });

  test('is signed mail of a domain with a policy', async () => {
    strict('corp.example');
    const octets = await signed(mailOf(ALICE), zone.key('mail.corp.example'));
    expect(await verify(octets)).toMatchObject({
      result: 'pass',
      by: 'dkim',
      reason: expect.stringContaining('DMARC'),
    });
  });

  test('is mail of a subdomain that the domain above it has signed', async () => {
    const octets = await signed(mailOf('a@sales.corp.example'), zone.key('corp.example'));
    expect(await verify(octets)).toMatchObject({ result: 'pass', from: 'a@sales.corp.example' });
  });

  test('is mail that a service signs which knows for whom it sends', async () => {
    strict('corp.example');
    const octets = await signed(mailOf(ALICE), zone.key('google.com'));
    expect(await verify(octets)).toMatchObject({ result: 'pass', by: 'signer', reason: 'google.com vouches for it' });
    expect(await verify(octets, { signers: [] })).toMatchObject({ result: 'fail' });
  });

  describe('is mail that a list has changed since its domain signed it, where the list', () => {
    const listed = async (found: string): Promise<Buffer> => {
      strict('corp.example');
      const original = (await signed(mailOf(ALICE), zone.key('corp.example'))).toString();
      return sealed(original.replace('Subject: Meeting', 'Subject: [all] Meeting'), zone.key('lists.example'), found);
    };
    const FOUND = 'dkim=pass header.d=corp.example; dmarc=pass header.from=corp.example';

    test('is trusted and says that it was right when it came (ARC)', async () => {
      expect(await verify(await listed(FOUND), { signers: ['lists.example'] })).toEqual({
        ...{ result: 'pass', from: 'alice@corp.example', by: 'arc' },
        reason: 'lists.example says that corp.example vouched for it',
      });
    });

    test('and not where it is not trusted, found nothing, or the mail was changed since', async () => {
      expect(await verify(await listed(FOUND))).toMatchObject({ result: 'fail' });
      const trusting = { signers: ['lists.example'] };
      expect(await verify(await listed('dkim=fail; dmarc=fail header.from=corp.example'), trusting)).toMatchObject({
        result: 'fail',
      });
      expect(await verify(await listed('dmarc=pass header.from=evil.example'), trusting)).toMatchObject({
        result: 'fail',
      });
      const changed = (await listed(FOUND)).toString().replace('invited', 'fooled!');
      expect(await verify(changed, trusting)).toMatchObject({ result: 'fail' });
    });
  });
});

describe('SPF, of mail that comes straight from outside', () => {
  const client = { address: '192.0.2.1', helo: 'mx.corp.example' };
  const from = { source: 'smtp', client } as const;

  test('vouches for who may send for the domain of From', async () => {
    zone.txt('corp.example', 'v=spf1 ip4:192.0.2.0/24 -all');
    expect(await verify(mailOf(ALICE), from)).toMatchObject({ result: 'pass', by: 'spf' });
  });

  test('says that somebody else may not', async () => {
    zone.txt('corp.example', 'v=spf1 ip4:192.0.2.0/24 -all');
    const elsewhere = { ...from, client: { ...client, address: '198.51.100.7' } };
    expect(await verify(mailOf(ALICE), elsewhere)).toMatchObject({ result: 'fail' });
    zone.txt('corp.example', 'v=spf1 ip4:192.0.2.0/24 ~all');
    expect(await verify(mailOf(ALICE), elsewhere)).toMatchObject({ result: 'none' });
  });

  test('of another domain than that of From says nothing', async () => {
    zone.txt('evil.example', 'v=spf1 +all');
    expect(await verify(mailOf(ALICE), { ...from, envelope: 'x@evil.example' })).toMatchObject({ result: 'none' });
  });

  test('is not asked for where our own mail server hands the mail in', async () => {
    zone.txt('corp.example', 'v=spf1 +all');
    expect(await verify(mailOf(ALICE))).toMatchObject({ result: 'none' });
    expect(zone.asked).not.toContain('TXT corp.example');
  });
});

describe('not pass', () => {
  test('is mail without anything that proves it', async () => {
    expect(await verify(mailOf(ALICE))).toEqual({
      ...{ result: 'none', from: 'alice@corp.example', reason: 'Nothing proves that it is from corp.example' },
    });
  });

  test('is mail of a domain that says that all of its own is signed: it fails', async () => {
    strict('corp.example');
    expect(await verify(mailOf(ALICE))).toMatchObject({
      result: 'fail',
      reason: 'corp.example says that mail like this is not its own (DMARC)',
    });
    strict('corp.example', 'none');
    expect(await verify(mailOf(ALICE))).toMatchObject({ result: 'none' });
  });

  test('is mail that was changed after it was signed', async () => {
    const octets = await signed(mailOf(ALICE), zone.key('corp.example'));
    const changed = octets.toString().replace('invited', 'fooled!');
    expect(await verify(changed)).toMatchObject({ result: 'none', reason: expect.stringContaining('does not count') });
    strict('corp.example');
    expect(await verify(changed)).toMatchObject({ result: 'fail' });
  });

  test('is mail that another domain has signed', async () => {
    const octets = await signed(mailOf(ALICE), zone.key('evil.example'));
    expect(await verify(octets)).toMatchObject({
      result: 'none',
      reason: 'It is signed by evil.example, which does not vouch for corp.example',
    });
    strict('corp.example');
    expect(await verify(octets)).toMatchObject({ result: 'fail' });
  });

  test('is mail that a domain below has signed, which the one of From need not know', async () => {
    const octets = await signed(mailOf(ALICE), zone.key('customer.corp.example'));
    expect(await verify(octets)).toMatchObject({ result: 'none' });
  });

  test('is mail of a domain that only looks alike, which is shown as it is in the DNS', async () => {
    const octets = await signed(mailOf('alice@cоrp.example'), zone.key('corp.example'));
    expect(await verify(octets)).toMatchObject({ result: 'none', from: 'alice@xn--crp-sed.example' });
  });

  test.each([
    ['is expired (x=)', { at: NOW - 2 * DAY, expires: NOW - DAY }, 'expired'],
    ['is old (t=): who has it could send it again', { at: NOW - 31 * DAY }, 'too old'],
    ['is of the future', { at: NOW + DAY }, 'future'],
    ['leaves a part of the body out (l=)', { length: 5 }, 'whole mail'],
    ['is of none of the body (l=0)', { length: 0 }, 'whole mail'],
  ])('is mail of which the signature %s', async (_, options, reason) => {
    const octets = await signed(mailOf(ALICE), zone.key('corp.example'), options);
    expect(await verify(octets)).toMatchObject({ result: 'none', reason: expect.stringMatching(reason) });
  });

  test('is mail of which the signature is not of From', async () => {
    const octets = signedWithoutFrom(mailOf(ALICE), zone.key('corp.example'));
    expect(await verify(octets)).toMatchObject({ result: 'none', reason: expect.stringContaining('From') });
  });

  test('is mail to which something was added below the signed body', async () => {
    const octets = await signed(mailOf(ALICE), zone.key('corp.example'), { length: 18 });
    expect(await verify(octets)).toMatchObject({ result: 'pass' });
    expect(await verify(`${octets.toString()}BEGIN:VCALENDAR\r\n`)).toMatchObject({ result: 'none' });
  });

  test.each([
    ['is too short', { type: 'rsa', bits: 768 }],
    ['is only tried out', { flags: 'y' }],
  ] as const)('is mail of which the key %s', async (_, options) => {
    const octets = await signed(mailOf(ALICE), zone.key('corp.example', options));
    expect(await verify(octets)).toMatchObject({ result: 'none' });
  });

  test('is mail of which a field is there twice: one would be signed and the other read', async () => {
    const octets = await signed(mailOf(ALICE), zone.key('corp.example'));
    const doubled = `Content-Type: multipart/mixed; boundary=x\r\n${octets.toString()}`;
    expect(await verify(doubled)).toMatchObject({
      result: 'none',
      reason: 'The mail has the field content-type twice',
    });
  });

  test('is mail with more signatures than anybody makes, none of which is looked up', async () => {
    const flood = `${'DKIM-Signature: v=1; a=rsa-sha256; d=corp.example; s=a; h=from; bh=x; b=x\r\n'.repeat(200)}`;
    expect(await verify(flood + mailOf(ALICE))).toMatchObject({ result: 'none' });
    expect(zone.asked).toEqual([]);
  });
});

describe('From', () => {
  test.each([
    ['two fields', `${ALICE}\r\nFrom: Mallory <mallory@evil.example>`, 'fail'],
    ['several people', `${ALICE}, mallory@evil.example`, 'none'],
    ['a group', `Friends: ${ALICE};`, 'none'],
    ['an empty group', 'Undisclosed:;', 'none'],
    ['no address', 'Alice', 'fail'],
  ])('with %s is nobody', async (_, from, result) => {
    const octets = await signed(mailOf(from), zone.key('corp.example'));
    expect(await verify(octets)).toMatchObject({ result, from: undefined });
  });

  test('that is missing is nobody', async () => {
    expect(await verify('To: bob@here.example\r\nSubject: x\r\n\r\nhello\r\n')).toMatchObject({
      ...{ result: 'fail', from: undefined, reason: 'The mail has no From' },
    });
  });

  test('is read by its address, whatever its name says', async () => {
    const octets = await signed(mailOf('"alice@corp.example" <mallory@evil.example>'), zone.key('evil.example'));
    expect(await verify(octets)).toMatchObject({ result: 'pass', from: 'mallory@evil.example' });
  });
});

describe('Authentication-Results', () => {
  const AUTHSERV = { authserv: 'mx.here.example' };
  const trace = [
    'Return-Path: <x@corp.example>',
    'Received: from a by mx.here.example; Mon, 2 Mar 2026 08:59:00 +0000',
  ];
  const results = (id: string, text: string): string => `Authentication-Results: ${id};\r\n ${text}`;
  const own = (text: string): string => [...trace, results('mx.here.example', text), mailOf(ALICE)].join('\r\n');

  test.each([
    ['DMARC', 'dmarc=pass (p=reject dis=none) header.from=corp.example'],
    [
      'DKIM of the domain',
      'dkim=pass (2048-bit key; unprotected) header.d=corp.example header.i=@corp.example header.b="a;b"',
    ],
    ['SPF of the domain', 'spf=pass (mx.here.example: 192.0.2.1 is allowed) smtp.mailfrom=x@corp.example'],
    ['a signer', 'dkim=pass header.d=google.com'],
  ])('of our own mail server are believed: %s', async (_, text) => {
    expect(await verify(own(text), AUTHSERV)).toMatchObject({ result: 'pass', by: 'authserv' });
    expect(zone.asked).toEqual([]);
  });

  test('of our own mail server say that a mail is forged', async () => {
    const text = 'dkim=none; dmarc=fail (p=reject dis=none) header.from=corp.example';
    expect(await verify(own(text), AUTHSERV)).toMatchObject({ result: 'fail', by: 'authserv' });
  });

  test.each([
    ['of another domain', 'dmarc=pass header.from=evil.example'],
    ['of another signer', 'dkim=pass header.d=evil.example'],
    ['in a comment', 'none (dmarc=pass header.from=corp.example)'],
    ['in a quoted value', 'dkim=fail reason="; dmarc=pass header.from=corp.example"'],
  ])('that pass %s prove nothing', async (_, text) => {
    expect(await verify(own(text), AUTHSERV)).toMatchObject({ result: 'none' });
  });

  const PASS = 'dmarc=pass header.from=corp.example';
  test.each<readonly [string, string, Ways]>([
    ['of another server', [...trace, results('mx.evil.example', PASS), mailOf(ALICE)].join('\r\n'), AUTHSERV],
    ['where none is configured', own(PASS), {}],
    ['of a mail that comes straight from outside', own(PASS), { ...AUTHSERV, source: 'smtp' }],
    ['below what a sender writes', [...trace, mailOf(ALICE, results('mx.here.example', PASS))].join('\r\n'), AUTHSERV],
    [
      'below those of our own server',
      [
        ...[...trace, results('mx.here.example', 'dkim=none; dmarc=none header.from=corp.example')],
        ...['Received: from b by evil.example; Mon, 2 Mar 2026 08:58:00 +0000', results('mx.here.example', PASS)],
        mailOf(ALICE),
      ].join('\r\n'),
      AUTHSERV,
    ],
  ])('are not believed %s', async (_, octets, ways) => {
    expect(await verify(octets, ways)).toMatchObject({ result: 'none' });
  });
});

describe('where the DNS does not answer', () => {
  const trace = (at: number): string => `Received: from a by mx.here.example; ${new Date(at).toUTCString()}\r\n`;

  test('a fresh mail is to be handed in again, and an old one is from nobody knows whom', async () => {
    const signer = zone.key('corp.example');
    const octets = await signed(mailOf(ALICE), signer);
    zone.fails(`${signer.selector}._domainkey.corp.example`, 'ETIMEOUT');
    await expect(verify(trace(NOW - 60_000) + octets.toString())).rejects.toThrow(SenderNotYetKnown);
    expect(await verify(trace(NOW - 2 * HOUR) + octets.toString())).toMatchObject({ result: 'none' });
    expect(await verify(trace(NOW + DAY) + octets.toString())).toMatchObject({ result: 'none' });
  });

  test('a policy that cannot be asked for is no policy that is not there', async () => {
    zone.fails('_dmarc.corp.example', 'ESERVFAIL');
    await expect(verify(trace(NOW) + mailOf(ALICE))).rejects.toThrow('The DNS does not tell');
  });

  test('for a domain that has nothing to do with From, nobody waits', async () => {
    const signer = zone.key('evil.example');
    const octets = await signed(mailOf(ALICE), signer);
    zone.fails(`${signer.selector}._domainkey.evil.example`, 'ETIMEOUT');
    expect(await verify(octets)).toMatchObject({ result: 'none' });
  });
});
