import { describe, expect, test } from 'vitest';

import { domainOfAddress, mailAddressOf, plainAddress } from '../../src/mail/address.ts';

describe('an address is taken as it is, with its domain in ASCII', () => {
  test.each([
    ['bob@example.com', 'bob@example.com'],
    ['Bob.B+tag@Example.COM', 'Bob.B+tag@example.com'],
    ["o'neil_{x}@localhost", "o'neil_{x}@localhost"],
    ['bob@bücher.example', 'bob@xn--bcher-kva.example'],
    ['bob@例え.テスト', 'bob@xn--r8jz45g.xn--zckzah'],
  ])('%s', (text, address) => {
    expect(plainAddress(text)).toBe(address);
  });
});

describe('what is not plainly one address is none', () => {
  test.each([
    ...['', 'bob', '@example.com', 'bob@', 'bob@@example.com', 'a@b@example.com', '"a@evil.test"@example.com'],
    ...['"a b"@example.com', 'bob@[127.0.0.1]', 'bob@127.0.0.1', 'bob@0x7f.1', 'bob@example.com, eve@evil.test'],
    ...['Group: bob@example.com;', 'bob@example.com>', '<bob@example.com>', 'bob (x)@example.com', 'bob@exam ple.com'],
    ...['bob@example.com\r\nBcc: eve@evil.test', 'bob\n@example.com', 'bob@example\0.com', 'bob@-a.com', 'bob@a..com'],
    ...['.bob@example.com', 'bob.@example.com', 'bo..b@example.com', 'bob@example.com.', 'bob@exa%6dple.com'],
    ...['bøb@example.com', 'bob@evil.test\u2028', 'bob@e\u200bvil.test', `${'a'.repeat(65)}@example.com`],
    ...[`bob@${'a.'.repeat(150)}com`, 'bob@evil\uff0etest'],
  ])('%j', (text) => {
    expect(plainAddress(text)).toBeUndefined();
  });
});

describe('a calendar user address', () => {
  test.each([
    ['mailto:bob@example.com', 'bob@example.com'],
    ['MAILTO:bob%2Btag@example.com', 'bob+tag@example.com'],
    ['mailto:bob@example.com?bcc=eve@evil.test', 'bob@example.com'],
    ['bob@example.com', 'bob@example.com'],
  ])('%s is one of mail', (text, address) => {
    expect(mailAddressOf(text)).toBe(address);
  });

  test.each([
    ...['mailto:bob%40evil.test%0d%0aBcc:eve@example.com', 'mailto:bob@example.com%0d%0aRCPT TO:<eve@evil.test>'],
    ...['mailto:%22bob%40evil.test%22@example.com', 'mailto:bob@example.com,eve@evil.test', 'mailto:a%zz@example.com'],
    ...['urn:uuid:1', '/dav/principals/users/bob/', 'https://example.com/bob@example.com', 'tel:+49301234', 'mailto:'],
    ...['mailto:bob@example.com%00', 'mailto:undisclosed-recipients:;'],
  ])('%s is none of mail', (text) => {
    expect(mailAddressOf(text)).toBeUndefined();
  });
});

test('the domain of an address is in lower case', () => {
  expect(domainOfAddress('Bob@Example.COM')).toBe('example.com');
});
