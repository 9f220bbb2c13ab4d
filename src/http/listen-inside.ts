import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { Limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import { takePeer } from './peer.ts';
import { createShed, type ShedReason } from './shed.ts';

export interface InnerListener {
  close(): Promise<void>;
}

export interface InnerOptions {
  readonly handler: RequestListener;
  /** Of the Unix socket. Who may open it is believed: it belongs into a folder of this user's alone. */
  readonly path: string;
  readonly limits: Pick<Limits, 'headerOctets' | 'requestsUnderWay' | 'turnMilliseconds'>;
  readonly log: Log;
  /** Told of each request that is sent away because there is too much to do. */
  readonly onShed?: (reason: ShedReason) => void;
}

/** Room for what is added to a request on its way. */
const ADDED_OCTETS = 1024;

/**
 * Takes requests that other processes of this server hand on. They watch over their clients' time and connections, so
 * that nothing ends here by itself: a connection that was closed just when it is used again would cost a request.
 */
export async function listenInside({ handler, path, limits, log, onShed }: InnerOptions): Promise<InnerListener> {
  const server = createServer({
    maxHeaderSize: limits.headerOctets + ADDED_OCTETS,
    requestTimeout: 0,
    headersTimeout: 0,
    keepAliveTimeout: 0,
    requireHostHeader: false,
  });
  const underWay = new Set<ServerResponse>();
  const shed = createShed({ limits, log, underWay, isSurplus: () => false, count: onShed });
  server.on('request', (req, res) => {
    takePeer(req);
    underWay.add(res);
    res.once('close', () => underWay.delete(res));
    if (!shed.turnsAway(req, res)) handler(req, res);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  // Without a listener, one that cannot be accepted for want of file descriptors would end the process.
  server.on('error', (err) => log.error({ err }, 'a request of a worker could not be taken'));
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
