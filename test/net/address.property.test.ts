import { BlockList } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isIn, isPublic, octetsOf, parseNetwork } from '../../src/net/address.ts';

const SEED = { seed: 20260302, numRuns: 500 };

const octet = fc.oneof(fc.constantFrom(0, 10, 127, 169, 172, 192, 255), fc.integer({ min: 0, max: 255 }));
const ipv4 = fc.array(octet, { minLength: 4, maxLength: 4 });
// Zeros are common, so that `::` stands at every place.
const group = fc.oneof(
  fc.constant(0),
  fc.constantFrom(0xffff, 0xfe80, 0x2002, 0x64),
  fc.integer({ min: 0, max: 0xffff }),
);
const ipv6 = fc.array(group, { minLength: 8, maxLength: 8 });

const written = (groups: readonly number[]): string => groups.map((each) => each.toString(16)).join(':');
/** As the URL parser shortens it: the form in which a host comes to be checked. */
const shortened = (groups: readonly number[]): string => new URL(`http://[${written(groups)}]/`).hostname.slice(1, -1);

test('an IPv6 address means the same however it is shortened', () => {
  fc.assert(
    fc.property(ipv6, (groups) => {
      expect(octetsOf(shortened(groups))).toEqual(octetsOf(written(groups)));
    }),
    SEED,
  );
});

test('an IPv4 address in any clothes is as public as it is bare', () => {
  fc.assert(
    fc.property(ipv4, (quad) => {
      const [a = 0, b = 0, c = 0, d = 0] = quad;
      const dotted = quad.join('.');
      const hex = written([(a << 8) | b, (c << 8) | d]);
      const bare = isPublic(octetsOf(dotted)!);
      for (const clothes of [`::ffff:${dotted}`, `::ffff:${hex}`, `64:ff9b::${dotted}`, `64:ff9b::${hex}`]) {
        expect(isPublic(octetsOf(clothes)!)).toBe(bare);
      }
      const number = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
      expect(new URL(`http://${number}/`).hostname).toBe(dotted);
    }),
    SEED,
  );
});

test('a network holds what Node says it holds', () => {
  const bits = fc.integer({ min: 0, max: 32 });
  fc.assert(
    fc.property(ipv4, ipv4, bits, fc.integer({ min: 0, max: 4 }), (base, other, length, shared) => {
      const address = [...base.slice(0, shared), ...other.slice(shared)];
      const list = new BlockList();
      list.addSubnet(base.join('.'), length, 'ipv4');
      const network = parseNetwork(`${base.join('.')}/${length}`)!;
      expect(isIn(address, network)).toBe(list.check(address.join('.'), 'ipv4'));
    }),
    SEED,
  );
});
