import type { IncomingMessage } from 'node:http';

/** The other end of a request's connection, as the process that took the connection sees it. */
export interface Peer {
  /** IP address; empty where it is not known any more. */
  readonly address: string;
  readonly encrypted: boolean;
  /** The name that the request has already; undefined: none yet. */
  readonly requestId: string | undefined;
}

const told = new WeakMap<IncomingMessage, Peer>();

/** Who sent it: by its own connection, unless another process of this server took it and handed it on. */
export function peerOf(req: IncomingMessage): Peer {
  const { socket } = req;
  return (
    told.get(req) ?? { address: socket.remoteAddress ?? '', encrypted: 'encrypted' in socket, requestId: undefined }
  );
}

/** Header by which one process of the server tells another whose request it hands on. It counts on the inner socket alone. */
export const PEER_HEADER = 'x-kalends-peer';

/** Header by which it is told who asked, in return: the actor's id. */
export const ACTOR_HEADER = 'x-kalends-actor';

/** The value of PEER_HEADER. */
export const writePeer = ({ address, encrypted, requestId = '-' }: Peer): string =>
  `${encrypted ? 'https' : 'http'} ${requestId} ${address}`;

/** Takes PEER_HEADER off a request that came by the inner socket, and believes it. */
export function takePeer(req: IncomingMessage): void {
  const [scheme, requestId, address = ''] = String(req.headers[PEER_HEADER] ?? '').split(' ');
  delete req.headers[PEER_HEADER];
  told.set(req, { address, encrypted: scheme === 'https', requestId: requestId === '-' ? undefined : requestId });
}
