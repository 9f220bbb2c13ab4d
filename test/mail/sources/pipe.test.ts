import { expect, test } from 'vitest';

import type { RawMail, Receipt } from '../../../src/mail/raw-mail.ts';
import { takePiped, type PipedMail } from '../../../src/mail/sources/pipe.ts';

const MAIL = [
  'Return-Path: <ann@there.example>',
  'Delivered-To: bob@here.example',
  'To: Carol <carol@here.example>, undisclosed:;',
  '',
  'x',
].join('\r\n');

async function piped(
  mail: Partial<Omit<PipedMail, 'octets'>> & { readonly octets?: string } = {},
  answers: Readonly<Record<string, Receipt['kind']>> = {},
): Promise<{ readonly code: number; readonly taken: readonly RawMail[] }> {
  const taken: RawMail[] = [];
  const { octets = MAIL, ...rest } = mail;
  const code = await takePiped(
    { from: undefined, to: [], ...rest, octets: Buffer.from(octets) },
    {
      receiver: (raw) => {
        taken.push(raw);
        const kind = (address: string): Receipt['kind'] => answers[address] ?? 'taken';
        return Promise.resolve(
          new Map(raw.envelope.to.map((address) => [address, { kind: kind(address), reason: '' }])),
        );
      },
      knows: (address) => Promise.resolve(address.endsWith('@here.example')),
      limits: { inboundMailRecipients: 10 },
    },
  );
  return { code, taken };
}

test('the envelope is that of the mail server', async () => {
  const { code, taken } = await piped({ from: 'x@there.example', to: ['dan@here.example'] });
  expect(code).toBe(0);
  expect(taken).toEqual([
    { octets: Buffer.from(MAIL), source: 'pipe', envelope: { from: 'x@there.example', to: ['dan@here.example'] } },
  ]);
});

test('without one, it is that of the trace lines', async () => {
  const { taken } = await piped();
  expect(taken[0]?.envelope).toEqual({ from: 'ann@there.example', to: ['bob@here.example'] });
});

test.each(['', '<>', 'MAILER-DAEMON'])('the null sender may be written as "%s"', async (from) => {
  expect((await piped({ from })).taken[0]?.envelope.from).toBe('');
});

test('whom nobody here has is told as such, and asked nothing', async () => {
  expect(await piped({ to: ['x@there.example'] })).toEqual({ code: 67, taken: [] });
  expect((await piped({ to: ['gone@here.example'] }, { 'gone@here.example': 'unknown-recipient' })).code).toBe(67);
  const traced = 'Delivered-To: x@there.example\r\nTo: y@there.example\r\n\r\n';
  expect(await piped({ octets: traced })).toEqual({ code: 67, taken: [] });
});

test('one that has to wait makes the mail wait, one that is unknown does not make it bounce', async () => {
  const to = ['bob@here.example', 'gone@here.example'];
  expect((await piped({ to }, { 'gone@here.example': 'later' })).code).toBe(75);
  expect((await piped({ to }, { 'gone@here.example': 'unknown-recipient' })).code).toBe(0);
});

test('nothing is no mail', async () => {
  expect(await piped({ octets: ' \r\n', to: ['bob@here.example'] })).toEqual({ code: 65, taken: [] });
});
