import { davClient, type DavClient } from '../../test/dav-client.ts';
import { Late } from './cells.ts';
import type { RunningPeer } from './peer.ts';

/** A client that sends no more once its time is over. */
export interface TimedClient extends DavClient {
  /** From now on until this instant of performance.now(), but never past that of the whole. */
  allow(until: number): void;
}

export function timedClient({ url, user, password }: RunningPeer, sockets: number, whole: number): TimedClient {
  const client = davClient({ url, user, password, sockets });
  let end = whole;
  return {
    close: client.close,
    allow: (until) => void (end = Math.min(until, whole)),
    async request(method, path, options) {
      if (performance.now() > end) throw new Late(end === whole ? 'the time for all is over' : 'it took too long');
      return client.request(method, path, options);
    },
  };
}
