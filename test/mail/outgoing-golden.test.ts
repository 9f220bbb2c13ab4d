import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';

import { parseCalendar } from '../../src/ical/parse.ts';
import { readMessage } from '../../src/itip/message.ts';
import { composeMail } from '../../src/mail/compose.ts';
import { CASES, POLICY } from './outgoing-cases.ts';

const FOLDER = join(import.meta.dirname, '../fixtures/mail-out');
const names = Object.keys(CASES);
const fileOf = (name: string): string => join(FOLDER, `${name}.eml`);

describe.each(names)('%s', (name) => {
  const input = CASES[name]!;

  test('is the same, octet for octet, as it was', async () => {
    const { octets } = await composeMail(input, POLICY);
    if (process.env['UPDATE'] === '1') writeFileSync(fileOf(name), octets);
    expect(octets.toString()).toBe(readFileSync(fileOf(name), 'utf8'));
  });

  test('is read by another program as it is meant', async () => {
    const { octets, envelope } = await composeMail(input, POLICY);
    const text = octets.toString();
    // RFC 5322 §2.1.1, RFC 5321 §2.3.8: of ASCII, no line too long, no bare CR or LF.
    expect(text).toMatch(/^[\x20-\x7e\r\n\t]*$/);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(Math.max(...text.split('\r\n').map(({ length }) => length))).toBeLessThanOrEqual(78);
    const mail = await simpleParser(octets);
    expect(mail.date).toEqual(new Date(input.at));
    expect(mail.messageId).toBe(`<${input.id}@our.test>`);
    expect(mail.references).toBe(`<${input.thread}@our.test>`);
    expect(mail.inReplyTo).toBe(`<${input.thread}@our.test>`);
    expect([mail.from?.value.length, [mail.to].flat()[0]?.value.length, mail.cc, mail.bcc]).toEqual([
      1,
      1,
      undefined,
      undefined,
    ]);
    expect([mail.to].flat()[0]?.value[0]?.address).toBe(input.recipient.address);
    expect(envelope).toEqual({ from: 'notice' in input ? '' : 'bounces@our.test', to: input.recipient.address });
    expect(mail.html).not.toMatch(/<script|<img|href="(?!https:)/i);
    expect(mail.text).not.toBe('');
    if ('notice' in input) return expect(mail.attachments).toEqual([]);
    const parts = mail.attachments.map(({ contentType, filename }) => ({ contentType, filename }));
    expect(parts).toEqual([
      { contentType: 'text/calendar', filename: undefined },
      { contentType: 'application/ics', filename: 'invite.ics' },
    ]);
    for (const { content } of mail.attachments) {
      const reading = readMessage(parseCalendar(content));
      expect(reading).toMatchObject({ message: { method: input.message.method, uid: input.message.uid } });
    }
    return undefined;
  });
});

test('each file is one of the cases', () => {
  expect(readdirSync(FOLDER).toSorted()).toEqual(names.map((name) => `${name}.eml`).toSorted());
});
