import type { IncomingMessage } from 'node:http';
import { peerOf } from './peer.ts';

/**
 * Where a request comes from, for limits: the socket's address, or with a trusted proxy the last entry of
 * X-Forwarded-For, which that proxy wrote; those before it are the client's own word. Of an IPv6 address the /64, which
 * is what one household gets.
 */
export function clientAddress(req: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? lastOf(req.headers['x-forwarded-for']) : undefined;
  return networkOf(forwarded ?? peerOf(req).address);
}

/** Whether the request comes from this machine and from no proxy on it. */
export function isLoopback(req: IncomingMessage): boolean {
  const { headers } = req;
  if (['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'].some((name) => headers[name] !== undefined)) return false;
  const address = peerOf(req).address.replace(/^::ffff:/i, '');
  return address === '::1' || address.startsWith('127.');
}

function lastOf(header: string | readonly string[] | undefined): string | undefined {
  const last = String(header ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  return last === '' ? undefined : last;
}

function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').toLowerCase();
  if (!plain.includes(':')) return plain;
  const [head = '', tail = ''] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = plain.includes('::') ? Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0') : [];
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}
