import { isIP } from 'node:net';

/** The octets of an address, or the first of them and how many bits count. */
export interface Network {
  readonly octets: readonly number[];
  readonly bits: number;
}

/**
 * The 4 or 16 octets of an IP address. An IPv4 address in IPv6's clothes (`::ffff:0:0/96`) is the IPv4 address that a
 * connection to it would go to. undefined: the text is no address.
 */
export function octetsOf(text: string): readonly number[] | undefined {
  const version = isIP(text);
  if (version === 0) return undefined;
  if (version === 4) return quad(text);
  const octets = groupsOf(text).flatMap((group) => [group >> 8, group & 255]);
  return isIn(octets, MAPPED) ? octets.slice(12) : octets;
}

const quad = (text: string): readonly number[] => text.split('.').map(Number);

function groupsOf(text: string): readonly number[] {
  // The zone of a link-local address (`%eth0`) is no part of it.
  const [plain = ''] = text.split('%');
  const last = plain.slice(plain.lastIndexOf(':') + 1);
  const [a = 0, b = 0, c = 0, d = 0] = last.includes('.') ? quad(last) : [];
  const pairs = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  const groups = last.includes('.') ? plain.slice(0, -last.length) + pairs : plain;
  const [head = [], tail] = groups.split('::').map(hexGroups);
  if (tail === undefined) return head;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

const hexGroups = (text: string): readonly number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));

/** `10.0.0.0/8`, `fd00::/8`, or one address; undefined: the text is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const octets = octetsOf(address);
  if (octets === undefined || rest.length > 0) return undefined;
  if (length === undefined) return { octets, bits: octets.length * 8 };
  if (!/^\d{1,3}$/.test(length)) return undefined;
  // A mapped network counts its bits from the front of the IPv6 address.
  const bits = Number(length) - (octets.length === 4 && address.includes(':') ? 96 : 0);
  return bits >= 0 && bits <= octets.length * 8 ? { octets, bits } : undefined;
}

export function isIn(octets: readonly number[], network: Network): boolean {
  if (octets.length !== network.octets.length) return false;
  const whole = network.bits >> 3;
  for (let at = 0; at < whole; at++) if (octets[at] !== network.octets[at]) return false;
  const shift = 8 - (network.bits & 7);
  return shift === 8 || (octets[whole] ?? 0) >> shift === (network.octets[whole] ?? 0) >> shift;
}

const MAPPED: Network = { octets: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0], bits: 96 };

function networks(...texts: readonly string[]): readonly Network[] {
  return texts.flatMap((text) => parseNetwork(text) ?? []);
}

/** What is not the public Internet, by IANA's registry of special-purpose addresses (RFC 6890). */
const SPECIAL_IPV4 = networks(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10', // RFC 6598, carriers
  '127.0.0.0/8',
  '169.254.0.0/16', // RFC 3927, and the metadata services of clouds
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24', // RFC 7526, the end of 6to4
  '192.168.0.0/16',
  '198.18.0.0/15', // RFC 2544
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
);

/** Of IPv6 all but this is special: loopback, link-local, unique local (RFC 4193), multicast, `::`, mapped and so on. */
const GLOBAL_IPV6 = networks('2000::/3');

/** And of this again: what wraps an IPv4 address for a tunnel, or belongs to documentation and benchmarks. */
const SPECIAL_IPV6 = networks(
  '2001::/23', // RFC 2928: Teredo, ORCHID, benchmarks
  '2001:db8::/32',
  '2002::/16', // 6to4
  '3fff::/20', // RFC 9637
);

/** RFC 6052 §2.1: where there is no IPv4, the Internet's IPv4 hosts are seen so. */
const NAT64 = networks('64:ff9b::/96');

/** Whether an address is one of the public Internet. What is not known is not. */
export function isPublic(octets: readonly number[]): boolean {
  const within = (list: readonly Network[]): boolean => list.some((network) => isIn(octets, network));
  if (octets.length === 4) return !within(SPECIAL_IPV4);
  if (within(NAT64)) return isPublic(octets.slice(12));
  return within(GLOBAL_IPV6) && !within(SPECIAL_IPV6);
}
