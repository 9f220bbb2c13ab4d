import { request as requestHttp, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';

import { OutboundFailure } from './failure.ts';
import { codeOf, type Target } from './target.ts';

/** One request, ready to be sent. */
export interface Message {
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array | undefined;
}

export interface ConnectOptions {
  /** Milliseconds for the connection with its TLS handshake. */
  readonly connectTimeout: number;
  /** Milliseconds from the connection to the last header of the answer. */
  readonly headersTimeout: number;
  readonly headerOctets: number;
  /** Certificates that are trusted beside the system's, PEM. */
  readonly ca: string | undefined;
  /** Ends everything; its reason is the failure. */
  readonly signal: AbortSignal;
}

/** Sends a request to the first address that takes a connection. Throws OutboundFailure. */
export async function connect(target: Target, message: Message, options: ConnectOptions): Promise<IncomingMessage> {
  let failure: unknown;
  for (const address of target.addresses) {
    const sent: Sent = { isConnected: false };
    try {
      return await send({ target, address, message, sent }, options);
    } catch (error) {
      options.signal.throwIfAborted();
      // What was sent once is not sent again: the other side may have acted on it.
      if (sent.isConnected) throw error;
      failure = error;
    }
  }
  throw failure;
}

interface Sent {
  isConnected: boolean;
}

interface Sending {
  readonly target: Target;
  readonly address: string;
  readonly message: Message;
  readonly sent: Sent;
}

function send({ target, address, message, sent }: Sending, options: ConnectOptions): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const isSecure = target.url.protocol === 'https:';
  const request = requestTo(target, { address, message }, options);
  const late = (): void => void request.destroy(timeoutOf(target, sent));
  let timer = setTimeout(late, options.connectTimeout);
  request.once('socket', (socket) =>
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      sent.isConnected = true;
      clearTimeout(timer);
      timer = setTimeout(late, options.headersTimeout);
    }),
  );
  request.once('response', (response) => {
    clearTimeout(timer);
    resolve(response);
  });
  // It stays on: once an answer is there its body tells of failures, and a request without a listener would throw.
  request.on('error', (error) => reject(failureOf(target, error)));
  request.once('close', () => {
    clearTimeout(timer);
    reject(
      new OutboundFailure('bad-answer', { host: target.url.host, says: 'the connection ended without an answer' }),
    );
  });
  request.end(message.body);
  return promise;
}

function requestTo(
  { url, host, port }: Target,
  { address, message }: Pick<Sending, 'address' | 'message'>,
  { headerOctets, ca, signal }: ConnectOptions,
): ClientRequest {
  const isSecure = url.protocol === 'https:';
  const request = isSecure ? requestHttps : requestHttp;
  return request({
    // The address itself, not its name: nothing is looked up again.
    host: address,
    port,
    path: url.pathname + url.search,
    method: message.method,
    headers: { ...message.headers, Host: url.host },
    // A connection of its own for each request, so that none is used that was checked for another name.
    agent: false,
    maxHeaderSize: headerOctets,
    signal,
    // The certificate must be that of the name.
    ...(isSecure && { servername: isIP(host) === 0 ? host : '', ...(ca !== undefined && { ca }) }),
  });
}

function timeoutOf({ url }: Target, { isConnected }: Sent): OutboundFailure {
  return new OutboundFailure('timeout', {
    host: url.host,
    says: isConnected ? 'no answer came in time' : 'no connection in time',
  });
}

/** What Node says of the connection, in our words; the system's message may hold the request's target. */
function failureOf({ url }: Target, error: Error): Error {
  if (error instanceof OutboundFailure) return error;
  const code = codeOf(error);
  const { host } = url;
  if (code === 'HPE_HEADER_OVERFLOW')
    return new OutboundFailure('too-large', { host, says: 'its headers are too large' });
  if (code.startsWith('HPE_'))
    return new OutboundFailure('bad-answer', { host, says: `it does not speak HTTP (${code})` });
  return new OutboundFailure('unreachable', { host, says: `it cannot be reached (${code})` });
}
