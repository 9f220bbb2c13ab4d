import { describe, expect, test } from 'vitest';
import { envelopeAddress, needsUtf8 } from '../../src/mail/smtp-address.ts';

describe('an address in an envelope', () => {
  test.each([
    ['ann@example.com', 'ann@example.com'],
    ['ann+list@mail.example.com', 'ann+list@mail.example.com'],
    ['ann@bücher.example', 'ann@xn--bcher-kva.example'],
    ['ann@BÜCHER.example.', 'ann@xn--bcher-kva.example'],
    ['jürgen@xn--bcher-kva.example', 'jürgen@xn--bcher-kva.example'],
    ['ju\u0308rgen@example.com', 'jürgen@example.com'],
    ['"ann b"@example.com', '"ann b"@example.com'],
    ['ann@localhost', 'ann@localhost'],
    ['ann@[192.0.2.1]', 'ann@[192.0.2.1]'],
  ])('%j is %j', (given, sent) => expect(envelopeAddress(given)).toBe(sent));

  test.each([
    'ann@example.com\r\nDATA',
    '"ann\r\n"@example.com',
    'ann@exam%70le.com',
    'ann@example.com:25',
    'ann@0x7f.1',
    'ann@127.0.0.1',
    'ann@-example.com',
    'ann@example..com',
    'ann..b@example.com',
    'ann b@example.com',
    'ann<b@example.com',
    'ann@example.com/x',
    `ann@${'a.'.repeat(130)}example`,
  ])('none can be made of %j', (given) => expect(envelopeAddress(given)).toBeUndefined());

  test('needs SMTPUTF8 where its local part is not ASCII', () => {
    expect(needsUtf8('jürgen@example.com')).toBe(true);
    expect(needsUtf8(envelopeAddress('ann@bücher.example')!)).toBe(false);
  });
});
