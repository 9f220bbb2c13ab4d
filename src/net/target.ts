import { isIP } from 'node:net';
import { lookup } from 'node:dns/promises';

import { isPublic, octetsOf } from './address.ts';
import type { AllowList } from './allow.ts';
import { OutboundFailure } from './failure.ts';

/** All addresses of a host name, in the order in which they are tried. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** As the system does it, /etc/hosts included: a name that the administrator allows may stand there only. */
export const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/** Where one request goes. */
export interface Target {
  readonly url: URL;
  /** The host without brackets. */
  readonly host: string;
  readonly port: number;
  /** Checked; what is connected to is one of these, never the name, which could have another address by then. */
  readonly addresses: readonly string[];
}

/** Below 1024 HTTP is at home at two ports. Above, these belong to others: what we send must not be taken as theirs. */
const HTTP_PORTS: ReadonlySet<number> = new Set([80, 443]);
const REFUSED_PORTS: ReadonlySet<number> = new Set([
  1719, 1720, 1723, 2049, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669,
  6679, 6697, 10080, 11211, 27017,
]);

/** Most addresses of a name that are tried. */
const MOST_ADDRESSES = 4;

/** The scheme and port of a URL; `host:port` names it in failures. Throws OutboundFailure: not-http, refused-port. */
export function checkUrl(url: URL): void {
  const host = url.host;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new OutboundFailure('not-http', { host: host || 'no host', says: `${url.protocol} is not fetched` });
  }
  const port = portOf(url);
  if (port < 1024 ? HTTP_PORTS.has(port) : !REFUSED_PORTS.has(port)) return;
  throw new OutboundFailure('refused-port', { host, says: 'this port is not for HTTP' });
}

const portOf = ({ port, protocol }: URL): number => (port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port));

export interface Checks {
  readonly allow: AllowList;
  readonly resolve: Resolve;
}

/** Checks a URL and the addresses of its host. Throws OutboundFailure: not-http, refused-port, refused-address, dns. */
export async function targetOf(url: URL, { allow, resolve }: Checks): Promise<Target> {
  checkUrl(url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const found = isIP(host) === 0 ? await addressesOf(url, host, resolve) : [host];
  const isNamed = allow.allowsHost(host);
  const addresses = found.filter((address) => {
    const octets = octetsOf(address);
    return octets !== undefined && (isNamed || allow.allowsAddress(octets) || isPublic(octets));
  });
  if (addresses.length === 0) {
    throw new OutboundFailure('refused-address', { host: url.host, says: 'its address is not a public one' });
  }
  return { url, host, port: portOf(url), addresses: addresses.slice(0, MOST_ADDRESSES) };
}

async function addressesOf(url: URL, host: string, resolve: Resolve): Promise<readonly string[]> {
  const dns = (says: string): OutboundFailure => new OutboundFailure('dns', { host: url.host, says });
  let found: readonly string[];
  try {
    found = await resolve(host);
  } catch (error) {
    throw dns(`the name has no address (${codeOf(error)})`);
  }
  if (found.length === 0) throw dns('the name has no address');
  return found;
}

/** The word of the system for a failure, such as ECONNREFUSED: messages may hold more than is to be told. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
