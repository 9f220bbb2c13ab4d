import { describe, expect, test } from 'vitest';
import { isIn, isPublic, octetsOf, parseNetwork } from '../../src/net/address.ts';
import { createAllowList, isAllowEntry } from '../../src/net/allow.ts';

const octets = (text: string): readonly number[] => octetsOf(text) ?? [];

/** First and last address of each range that is not public, and their neighbours that are. */
const SPECIAL = [
  ['this network', '0.0.0.0', '0.255.255.255'],
  ['RFC 1918, 10/8', '10.0.0.0', '10.255.255.255'],
  ['carriers, 100.64/10', '100.64.0.0', '100.127.255.255'],
  ['loopback', '127.0.0.0', '127.255.255.255'],
  ['link-local and metadata', '169.254.0.0', '169.254.255.255'],
  ['RFC 1918, 172.16/12', '172.16.0.0', '172.31.255.255'],
  ['protocol assignments', '192.0.0.0', '192.0.0.255'],
  ['documentation', '192.0.2.0', '192.0.2.255'],
  ['RFC 1918, 192.168/16', '192.168.0.0', '192.168.255.255'],
  ['benchmarks, 198.18/15', '198.18.0.0', '198.19.255.255'],
  ['multicast and reserved', '224.0.0.0', '255.255.255.255'],
  ['IPv6 unspecified and loopback', '::', '::1'],
  ['IPv4-compatible', '::7f00:1', '::127.0.0.1'],
  ['local NAT64', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['discard', '100::', '100::ffff'],
  ['Teredo', '2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['IPv6 documentation', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['6to4', '2002::', '2002:7f00:1::1'],
  ['unique local', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['IPv6 link-local', 'fe80::', 'febf::1'],
  ['link-local with a zone', 'fe80::1%eth0', 'fe80::1%1'],
  ['site-local', 'fec0::', 'fec0::1'],
  ['IPv6 multicast', 'ff00::', 'ff02::1'],
  ['mapped loopback', '::ffff:127.0.0.1', '::ffff:7f00:1'],
  ['mapped private', '::ffff:10.0.0.1', '::ffff:192.168.1.1'],
  ['mapped metadata', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe'],
  ['translated (SIIT)', '::ffff:0:127.0.0.1', '::ffff:0:7f00:1'],
  ['NAT64 around private', '64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe'],
] as const;

test.each(SPECIAL)('%s is not public: %s and %s', (_what, first, last) => {
  expect(isPublic(octets(first))).toBe(false);
  expect(isPublic(octets(last))).toBe(false);
});

test.each([
  '1.0.0.0',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
  '2001:4860:4860::8888',
  '2606:4700::1111',
  '2a00:1450:4001:81b::200e',
])('%s is public', (address) => {
  expect(isPublic(octets(address))).toBe(true);
});

test('an IPv6 address is read in each of its forms', () => {
  expect(octetsOf('::1')).toEqual([...new Array<number>(15).fill(0), 1]);
  expect(octetsOf('1:2:3:4:5:6:7:8')).toEqual([0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]);
  expect(octetsOf('2001:db8::1:0')).toEqual([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
  expect(octetsOf('64:ff9b::1.2.3.4')?.slice(12)).toEqual([1, 2, 3, 4]);
  expect(octetsOf('::ffff:1.2.3.4')).toEqual([1, 2, 3, 4]);
  expect(octetsOf('intranet')).toBeUndefined();
});

describe('a network', () => {
  test('of a prefix that ends within an octet holds both of its ends and nothing beside', () => {
    const network = parseNetwork('100.64.0.0/10')!;
    expect(['100.64.0.0', '100.127.255.255'].every((each) => isIn(octets(each), network))).toBe(true);
    expect(['100.63.255.255', '100.128.0.0', '::1'].some((each) => isIn(octets(each), network))).toBe(false);
  });

  test.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0/8', 'fd00::/129', '::ffff:10.0.0.0/8', 'x/8', ''])(
    '"%s" is none',
    (text) => {
      expect(parseNetwork(text)).toBeUndefined();
    },
  );

  test('that is mapped is the IPv4 network', () => {
    expect(parseNetwork('::ffff:10.0.0.0/104')).toEqual({ octets: [10, 0, 0, 0], bits: 8 });
  });
});

describe('an allow list', () => {
  const list = createAllowList(['10.0.0.0/8', 'fd00::/8', '192.168.1.7', 'Intranet.example', '*.corp.example', '??']);

  test('allows the networks and addresses that are named', () => {
    expect(list.allowsAddress(octets('10.1.2.3'))).toBe(true);
    expect(list.allowsAddress(octets('::ffff:10.1.2.3'))).toBe(true);
    expect(list.allowsAddress(octets('fd12::1'))).toBe(true);
    expect(list.allowsAddress(octets('192.168.1.7'))).toBe(true);
    expect(list.allowsAddress(octets('192.168.1.8'))).toBe(false);
  });

  test('allows hosts by their names in any case, and domains', () => {
    expect(list.allowsHost('intranet.EXAMPLE.')).toBe(true);
    expect(list.allowsHost('a.corp.example')).toBe(true);
    expect(list.allowsHost('corp.example')).toBe(false);
    expect(list.allowsHost('evilcorp.example')).toBe(false);
    expect(list.allowsHost('x.intranet.example')).toBe(false);
    expect(list.allowsHost('10.0.0.1')).toBe(false);
  });

  test.each(['10.0.0.0/8', '::1', 'intranet', '*.example.org', 'a-b.example'])('takes %s', (entry) => {
    expect(isAllowEntry(entry)).toBe(true);
  });
  test.each(['', '10.0', '10.0.0.0/99', 'http://x', '*', '*.*.x', 'a b', 'x/8'])('does not take "%s"', (entry) => {
    expect(isAllowEntry(entry)).toBe(false);
  });
});
