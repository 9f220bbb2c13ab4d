import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { messagesOf } from '../../src/itip/imip.ts';
import { messageText } from '../../src/itip/message.ts';
import { MailFault, readMail } from '../../src/mail/mime.ts';
import { parseGolden } from '../calendar/golden-mail.ts';

const FOLDER = new URL('../fixtures/imip/', import.meta.url);
const MAILS = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.mail'))
  .map((name) => parseGolden(readFileSync(new URL(name, FOLDER))).octets)
  .filter(({ length }) => length < 20_000);

interface Damage {
  readonly from: number;
  readonly length: number;
  readonly kind: string;
  readonly octets: Uint8Array;
}

/** What happens to mails on their way, and what is done to them: parts are lost, come twice, or are others. */
const damage: fc.Arbitrary<Damage> = fc.record({
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 400 }),
  kind: fc.constantFrom('cut', 'twice', 'other', 'octet'),
  octets: fc.uint8Array({ minLength: 1, maxLength: 20 }),
});

function damaged(mail: Buffer, { from, length, kind, octets }: Damage): Buffer {
  const at = Math.floor(from * mail.length);
  const [before, piece, after] = [mail.subarray(0, at), mail.subarray(at, at + length), mail.subarray(at + length)];
  if (kind === 'cut') return Buffer.concat([before, after]);
  if (kind === 'twice') return Buffer.concat([before, piece, piece, after]);
  if (kind === 'other') return Buffer.concat([before, octets, after]);
  return Buffer.concat([before, octets, piece, after]);
}

test('a mail that is damaged is read, or refused with a sentence; nothing else is thrown, and messages can be written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...MAILS), fc.array(damage, { minLength: 1, maxLength: 4 }), async (mail, all) => {
      const octets = all.reduce(damaged, mail);
      const read = await readMail(octets).catch((error: unknown) => {
        expect(error).toBeInstanceOf(MailFault);
        return undefined;
      });
      const { messages, faults } = messagesOf(read?.calendars ?? [], { at: 0, sender: 'mailto:a@b.example' });
      for (const message of messages) expect(messageText(message)).toContain('BEGIN:VCALENDAR');
      for (const fault of faults) expect(fault).not.toBe('');
    }),
    { seed: 6047, numRuns: 600 },
  );
});
