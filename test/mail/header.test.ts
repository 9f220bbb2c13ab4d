import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { expect, test } from 'vitest';

import { addressHeader, folded, oneLine, textHeader } from '../../src/mail/header.ts';

/** Line separators, controls and what turns text around. */
const BREAKS = ['\r', '\n', '\0', '\u2028', '\u2029', '\u0085', '\u000b', '\u001b', '\u202e'];

test('a text of somebody’s is one line, whatever it holds', () => {
  expect(oneLine('a\r\nBcc: x\0\u2028b\u202ec  d\ud800', 100)).toBe('a Bcc: x bc d\ufffd');
  expect(oneLine('🗓'.repeat(10), 5)).toBe('🗓🗓🗓🗓…');
  expect(oneLine('   ', 5)).toBe('');
});

test('what is ASCII stays readable, and all else is in encoded words that divide no character', () => {
  expect(textHeader('Subject', 'Budget 2026', 100)).toBe('Subject: Budget 2026\r\n');
  expect(textHeader('Subject', '=?utf-8?B?QQ==?=', 100)).toBe('Subject: =?utf-8?B?PT91dGYtOD9CP1FRPT0/PQ==?=\r\n');
  expect(addressHeader('To', { name: 'B, "x"', address: 'b@x.test' }, 50)).toBe('To: "B, \\"x\\"" <b@x.test>\r\n');
  expect(addressHeader('To', { name: '', address: 'b@x.test' }, 50)).toBe('To: <b@x.test>\r\n');
  expect(folded('X-Y', `${'a'.repeat(60)} ${'b'.repeat(60)}`)).toBe(`X-Y: ${'a'.repeat(60)}\r\n ${'b'.repeat(60)}\r\n`);
});

const texts = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...BREAKS, '"', '\\', '=?', ' ', 'ü', '<', ','),
    fc.string({ maxLength: 20 }),
    fc.string({ unit: 'grapheme', maxLength: 5 }),
  ),
  maxLength: 60,
});

test('any name and any title is read back as one header, and never as two', async () => {
  await fc.assert(
    fc.asyncProperty(texts, texts, async (name, title) => {
      const header = addressHeader('From', { name, address: 'a@x.test' }, 100) + textHeader('Subject', title, 200);
      expect(header).toMatch(/^[\x20-\x7e\r\n]*$/);
      expect(header.split('\r\n').every((line) => !/[\r\n]/.test(line) && line.length <= 998)).toBe(true);
      const mail = await simpleParser(`${header}\r\n`);
      expect([...mail.headers.keys()]).toEqual(['from', ...(oneLine(title, 200) === '' ? [] : ['subject'])]);
      expect(mail.from?.value.map(({ address }) => address)).toEqual(['a@x.test']);
      expect(mail.subject ?? '').toBe(oneLine(title, 200));
    }),
    { numRuns: 300, seed: 6 },
  );
});
