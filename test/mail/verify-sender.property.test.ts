import fc from 'fast-check';
import { expect, test } from 'vitest';
import { headerFields } from '../../src/mail/header-fields.ts';
import { readAuthenticationResults } from '../../src/mail/authentication-results.ts';
import { SenderNotYetKnown, verifySender } from '../../src/mail/verify-sender.ts';
import { dnsZone, signed, SIGNED_AT } from './signed-mail.ts';

const RUNS = { seed: 6047, numRuns: 300 };

const NAMES = [
  'From',
  'Received',
  'Authentication-Results',
  'ARC-Seal',
  'ARC-Message-Signature',
  'DKIM-Signature',
  'Date',
];
const PIECES = [
  ...[
    'v=1;',
    'a=rsa-sha256;',
    'd=corp.example;',
    's=s1;',
    'h=from:to;',
    'bh=x;',
    'b=x',
    'i=1;',
    'cv=none;',
    'l=0;',
    'x=1;',
  ],
  ...[
    'mx.here.example;',
    'dkim=fail',
    '(',
    ')',
    '"',
    '\\',
    '<',
    '>',
    'alice@corp.example',
    ',',
    ':',
    ';',
    '\r\n ',
    '=',
    'ü',
  ],
];

/** What a header of a sender's own making could be. */
const header = fc
  .array(fc.tuple(fc.constantFrom(...NAMES), fc.array(fc.constantFrom(...PIECES), { maxLength: 12 })), {
    maxLength: 12,
  })
  .map((fields) => fields.map(([name, pieces]) => `${name}: ${pieces.join(' ')}\r\n`).join(''));

const MAIL = 'From: alice@corp.example\r\nTo: bob@here.example\r\n\r\nhello\r\n';

test('whatever a sender writes, without a key of the domain it never passes, and is always judged', async () => {
  const zone = dnsZone();
  await fc.assert(
    fc.asyncProperty(header, async (head) => {
      const raw = { octets: Buffer.from(head + MAIL), source: 'lmtp', envelope: { from: '', to: [] } } as const;
      const from = [{ address: 'alice@corp.example', name: '' }];
      const mail = { ...EMPTY, from };
      const options = { resolver: zone.resolver, signers: ['google.com'], authserv: 'mx.here.example', now: SIGNED_AT };
      const verdict = await verifySender(raw, mail, options);
      expect(verdict.result).not.toBe('pass');
    }),
    RUNS,
  );
});

test('whatever is put on top of a signed mail, it is who has signed it or nobody', async () => {
  const zone = dnsZone();
  const octets = (await signed(MAIL, zone.key('corp.example'), { headers: ['From', 'To'] })).toString();
  await fc.assert(
    fc.asyncProperty(header, async (head) => {
      const raw = { octets: Buffer.from(head + octets), source: 'smtp', envelope: { from: '', to: [] } } as const;
      const mail = { ...EMPTY, from: [{ address: 'alice@corp.example', name: '' }] };
      try {
        const verdict = await verifySender(raw, mail, { resolver: zone.resolver, signers: [], now: SIGNED_AT });
        expect([undefined, 'alice@corp.example']).toContain(verdict.from);
      } catch (error) {
        expect(error).toBeInstanceOf(SenderNotYetKnown);
      }
    }),
    RUNS,
  );
});

test('any text is a header and results, or none', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(Array.isArray(headerFields(Buffer.from(text)))).toBe(true);
      expect(Array.isArray(readAuthenticationResults(text).results)).toBe(true);
    }),
    RUNS,
  );
});

const EMPTY = {
  ...{ messageId: undefined, sender: undefined, to: [], subject: '', deliveredTo: [], references: [] },
  ...{ isAutomatic: false, calendars: [], hasTnef: false, report: undefined },
};
