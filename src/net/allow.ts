import { isIn, octetsOf, parseNetwork, type Network } from './address.ts';

/** What an administrator lets the server reach beside the public Internet. */
export interface AllowList {
  allowsHost(host: string): boolean;
  allowsAddress(octets: readonly number[]): boolean;
}

const HOST = /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/** Whether this can be an entry: a network, an address, a host name, or `*.` and the name of a domain. */
export const isAllowEntry = (entry: string): boolean =>
  parseNetwork(entry) !== undefined || (HOST.test(entry.toLowerCase()) && !/^[\d.]+$/.test(entry));

/**
 * A named host may have any address: who names it vouches for what it resolves to. Entries that are none
 * (see isAllowEntry) allow nothing.
 */
export function createAllowList(entries: readonly string[]): AllowList {
  const networks: Network[] = [];
  const hosts = new Set<string>();
  const domains: string[] = [];
  for (const entry of entries) {
    const network = parseNetwork(entry);
    const name = entry.toLowerCase();
    if (network !== undefined) networks.push(network);
    else if (!isAllowEntry(entry)) continue;
    else if (name.startsWith('*.')) domains.push(name.slice(1));
    else hosts.add(name);
  }
  return {
    allowsHost(host) {
      const name = host.toLowerCase().replace(/\.$/, '');
      return octetsOf(name) === undefined && (hosts.has(name) || domains.some((domain) => name.endsWith(domain)));
    },
    allowsAddress: (octets) => networks.some((network) => isIn(octets, network)),
  };
}
