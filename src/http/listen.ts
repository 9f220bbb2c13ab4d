import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { RequestListener, Server, ServerOptions, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { MINUTE, SECOND } from '../base/clock.ts';
import type { Limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import { boundConnections } from './connections.ts';
import { createShed, type ShedReason } from './shed.ts';

export interface ListenOptions {
  /** `app.callback()`. */
  readonly handler: RequestListener;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM files; HTTPS where they are given. Both are read again when one changes. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly limits: Pick<
    Limits,
    'requestOctets' | 'headerOctets' | 'connections' | 'requestsUnderWay' | 'turnMilliseconds'
  >;
  readonly log: Log;
  /** Told of each request that is sent away because there is too much to do. */
  readonly onShed?: (reason: ShedReason) => void;
  /** How often the PEM files are looked at, milliseconds. */
  readonly tlsPollMilliseconds?: number;
}

export interface Listener {
  readonly port: number;
  /** `http://HOST:PORT/`, for a person to read. */
  readonly url: string;
  /**
   * Stops accepting, lets the requests under way finish, and cuts what is left after `graceMilliseconds` (10 s).
   */
  close(graceMilliseconds?: number): Promise<void>;
}

/** Longer than a proxy keeps its connections (60 s), so that it never sends into one that is just being closed. */
const KEEP_ALIVE = 75 * SECOND;
/** A hundred megabytes over a slow line; a client that sends an octet a minute is cut off. */
const REQUEST_TIMEOUT = 10 * MINUTE;
const HEADERS_TIMEOUT = 30 * SECOND;
/** Silence in both directions. */
const IDLE_TIMEOUT = 5 * MINUTE;
const GRACE = 10 * SECOND;

/** Begins to listen. Rejects where the port is taken or the PEM files cannot be read. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { host, port, limits, tls, log } = options;
  const server = createServer(options);
  const event = tls ? 'secureConnection' : 'connection';
  const { isSurplus } = boundConnections(server, { most: limits.connections, event, log });
  server.setTimeout(IDLE_TIMEOUT);
  const { underWay, add, drain } = track(server);
  const shed = createShed({ limits, log, underWay, isSurplus, count: options.onShed });
  server.on('request', (req, res) => {
    add(res);
    if (!shed.turnsAway(req, res)) options.handler(req, res);
  });
  server.on('checkContinue', (req, res) => {
    add(res);
    if (shed.turnsAway(req, res)) return;
    // Who asks first is told before 100 MB are on their way (RFC 9110 §10.1.1).
    if (Number(req.headers['content-length'] ?? 0) <= limits.requestOctets) res.writeContinue();
    // Without the 100 nobody knows whether the body will come, so the connection ends here.
    else res.setHeader('Connection', 'close');
    options.handler(req, res);
  });
  server.on('clientError', answerUnparsable);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo; // a TCP server that listens has one
  const stopWatching = tls ? watchTls(server as HttpsServer, options) : () => undefined;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    port: address.port,
    url: `${tls ? 'https' : 'http'}://${name}:${address.port}/`,
    close: async (grace = GRACE) => {
      stopWatching();
      await drain(grace);
    },
  };
}

function createServer({ limits, tls }: ListenOptions): Server {
  const options: ServerOptions = {
    maxHeaderSize: limits.headerOctets,
    requestTimeout: REQUEST_TIMEOUT,
    headersTimeout: HEADERS_TIMEOUT,
    keepAliveTimeout: KEEP_ALIVE,
  };
  return tls ? createHttpsServer({ ...options, ...readTls(tls), minVersion: 'TLSv1.2' }) : createHttpServer(options);
}

function readTls({ certFile, keyFile }: NonNullable<ListenOptions['tls']>): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
}

/** By polling: renewal tools replace files, move links and write over network mounts, where notices do not come. */
function watchTls(server: HttpsServer, { tls, log, tlsPollMilliseconds = 10 * SECOND }: ListenOptions): () => void {
  if (tls === undefined) return () => undefined;
  const reload = (): void => {
    try {
      server.setSecureContext({ ...readTls(tls), minVersion: 'TLSv1.2' });
      log.info('the TLS certificate was read again');
    } catch (err) {
      // One file is written before the other: the pair fits at the next look, and until then the old one serves.
      log.warn({ err }, 'the TLS certificate could not be read again');
    }
  };
  const files = [tls.certFile, tls.keyFile];
  for (const file of files) watchFile(file, { interval: tlsPollMilliseconds, persistent: false }, reload);
  return () => {
    for (const file of files) unwatchFile(file, reload);
  };
}

/** What node could not parse as a request, and so gave to no handler. */
function answerUnparsable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = UNPARSABLE[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

const UNPARSABLE: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  // RFC 9110 §9.1: a method that the server does not know.
  HPE_INVALID_METHOD: '501 Not Implemented',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

interface Track {
  /** Answers that have not left. */
  readonly underWay: ReadonlySet<ServerResponse>;
  /** To be called with each answer before anything is done for it. */
  add(res: ServerResponse): void;
  /** Ends the server, and what is left after so many milliseconds. */
  drain(graceMilliseconds: number): Promise<void>;
}

/** Keeps the answers under way, to be able to end them well. */
function track(server: Server): Track {
  const underWay = new Set<ServerResponse>();
  let isClosing = false;
  return {
    underWay,
    add(res) {
      if (isClosing) res.setHeader('Connection', 'close');
      underWay.add(res);
      res.once('close', () => {
        underWay.delete(res);
        // Its connection is idle one turn later.
        if (isClosing) setImmediate(() => server.closeIdleConnections());
      });
    },
    async drain(graceMilliseconds) {
      isClosing = true;
      for (const res of underWay) if (!res.headersSent) res.setHeader('Connection', 'close');
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMilliseconds);
      await closed;
      clearTimeout(cut);
    },
  };
}
