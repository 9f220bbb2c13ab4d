import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';

import { createAllowList, type AllowList } from './allow.ts';
import { ACCEPT_ENCODING, bodyOf } from './body.ts';
import { connect, type Message } from './connect.ts';
import { OutboundFailure } from './failure.ts';
import { checkUrl, systemResolve, targetOf, type Resolve } from './target.ts';

export { OutboundFailure, type OutboundReason } from './failure.ts';
export { isAllowEntry } from './allow.ts';

export interface OutboundRequest {
  /** http or https. A user name and password in it are sent as Basic to this origin. */
  readonly url: string;
  /** GET where it is left out. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Most octets of the answer's body, after decompression. */
  readonly maxOctets: number;
  /** Most redirects that are followed; 0: the first is a failure. */
  readonly redirects?: number;
  /** Milliseconds for all of it: names, redirects, and the body to its last octet. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

export interface OutboundResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the answer came from, after redirects; without user name and password. */
  readonly url: string;
  /** To be read once, in time; what is not read is given up at the end of the time. Throws OutboundFailure. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the connection, for an answer whose body is of no interest. */
  close(): void;
}

/** The one way out to the network. Throws OutboundFailure; an answer of any status is an answer. */
export type Fetch = (request: OutboundRequest) => Promise<OutboundResponse>;

export interface FetchOptions {
  /** Networks, addresses and host names that may be reached beside the public Internet. */
  readonly allow?: readonly string[];
  readonly userAgent?: string;
  /** Certificates that are trusted, PEM; the system's where it is left out. */
  readonly ca?: string;
  readonly resolve?: Resolve;
  /** Milliseconds to connect, to the headers of the answer, and for all of it. */
  readonly timeouts?: { readonly connect?: number; readonly headers?: number; readonly whole?: number };
}

const REDIRECTS = 5;
const HEADER_OCTETS = 32 * 1024;
const TIMEOUTS = { connect: 10_000, headers: 20_000, whole: 60_000 };

/**
 * A client that cannot be led to what is not public, whatever URL a person or a remote server gives: schemes, ports and
 * addresses are checked at each redirect, and what is connected to is the address that was checked.
 */
export function createFetch(options: FetchOptions = {}): Fetch {
  const allow = createAllowList(options.allow ?? []);
  return async (request) => {
    const url = parseUrl(request.url);
    const deadline = startDeadline(request, { host: url.host, whole: options.timeouts?.whole ?? TIMEOUTS.whole });
    try {
      return await follow({ request, allow, options, deadline }, firstHop(url, request, options));
    } catch (error) {
      deadline.end();
      throw error;
    }
  };
}

/** The URL without what is wrong in its text. Throws OutboundFailure. */
function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw new OutboundFailure('not-http', { host: 'no host', says: 'this is not a URL' });
  const url = new URL(text);
  checkUrl(url);
  return url;
}

interface Deadline {
  readonly signal: AbortSignal;
  end(): void;
}

function startDeadline(
  { timeout, signal }: OutboundRequest,
  { host, whole }: { readonly host: string; readonly whole: number },
): Deadline {
  const controller = new AbortController();
  const stop = (says: string): void => controller.abort(new OutboundFailure('timeout', { host, says }));
  const timer = setTimeout(() => stop('it took too long'), timeout ?? whole);
  timer.unref();
  const given = (): void => stop('it was given up');
  if (signal?.aborted === true) given();
  signal?.addEventListener('abort', given, { once: true });
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', given);
    },
  };
}

interface Exchange {
  readonly request: OutboundRequest;
  readonly allow: AllowList;
  readonly options: FetchOptions;
  readonly deadline: Deadline;
}

/** One request on the way through redirects. */
interface Hop extends Message {
  readonly url: URL;
}

/** The user name and password of the URL become a header: they are neither part of the target nor of what is told. */
function firstHop(url: URL, { method = 'GET', headers = {}, body }: OutboundRequest, options: FetchOptions): Hop {
  const { username, password } = url;
  const authorization = username === '' && password === '' ? undefined : basic(username, password);
  return {
    url: withoutUser(url),
    method,
    headers: {
      Accept: '*/*',
      'User-Agent': options.userAgent ?? 'Kalends',
      ...(authorization !== undefined && { Authorization: authorization }),
      ...headers,
      'Accept-Encoding': ACCEPT_ENCODING,
      ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
    },
    body: typeof body === 'string' ? Buffer.from(body) : body,
  };
}

function withoutUser(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a per cent sign that stands for itself
  }
}

async function follow({ request, allow, options, deadline }: Exchange, first: Hop): Promise<OutboundResponse> {
  const { signal } = deadline;
  const resolve = options.resolve ?? systemResolve;
  const { connect: connectTimeout, headers: headersTimeout } = { ...TIMEOUTS, ...options.timeouts };
  const connecting = { connectTimeout, headersTimeout, headerOctets: HEADER_OCTETS, ca: options.ca, signal };
  const most = request.redirects ?? REDIRECTS;
  let hop = first;
  for (let redirects = 0; ; redirects++) {
    const target = await orAborted(targetOf(hop.url, { allow, resolve }), signal);
    const message = await connect(target, hop, connecting);
    const location = redirectOf(message);
    if (location === undefined) return responseOf(message, hop, { maxOctets: request.maxOctets, deadline });
    message.destroy();
    if (redirects >= most) {
      throw new OutboundFailure('too-many-redirects', { host: hop.url.host, says: `more than ${most} redirects` });
    }
    hop = redirected(hop, { location, status: message.statusCode ?? 0 });
  }
}

/** A look-up cannot be stopped, only waited for no longer. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const give = (): void => reject(signal.reason as Error); // the deadline's failure
  if (signal.aborted) give();
  signal.addEventListener('abort', give, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', give));
}

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

const redirectOf = ({ statusCode = 0, headers }: IncomingMessage): string | undefined =>
  REDIRECT_STATUSES.has(statusCode) ? headers.location : undefined;

/** What may go to an origin that the caller did not name: nothing that could be a secret. */
const FOR_ANYONE: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'user-agent',
  'content-type',
  'if-none-match',
  'if-modified-since',
]);

/** RFC 9110 §15.4: where a redirect leads, and what goes along. Throws OutboundFailure. */
function redirected(hop: Hop, { location, status }: { readonly location: string; readonly status: number }): Hop {
  if (!URL.canParse(location, hop.url.href)) {
    throw new OutboundFailure('bad-answer', { host: hop.url.host, says: 'it redirects to what is not a URL' });
  }
  // A server that redirects does not log us in elsewhere.
  const url = withoutUser(new URL(location, hop.url));
  checkUrl(url);
  const isElsewhere = url.origin !== hop.url.origin;
  // By custom a POST that is redirected so becomes a GET.
  const isChanged = status === 303 ? hop.method !== 'HEAD' : hop.method === 'POST' && status <= 302;
  const body = isChanged ? undefined : hop.body;
  if (isElsewhere && body !== undefined) {
    throw new OutboundFailure('refused-redirect', { host: url.host, says: 'a body is not sent on to another origin' });
  }
  const isKept = (name: string): boolean =>
    (!isElsewhere || FOR_ANYONE.has(name)) && (body !== undefined || !/^content-/.test(name));
  const headers: OutgoingHttpHeaders = Object.fromEntries(
    Object.entries(hop.headers).filter(([name]) => isKept(name.toLowerCase())),
  );
  return { url, method: isChanged ? 'GET' : hop.method, headers, body };
}

function responseOf(
  message: IncomingMessage,
  { url, method }: Hop,
  { maxOctets, deadline }: { readonly maxOctets: number; readonly deadline: Deadline },
): OutboundResponse {
  const status = message.statusCode ?? 0;
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value = '']) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
  const isBare = method === 'HEAD' || status === 204 || status === 304;
  // Whoever gives up before the end of the body is told by the reading of it.
  message.on('error', () => undefined);
  return {
    status,
    headers,
    url: url.href,
    body: untilEnd(
      isBare ? nothing(message) : bodyOf(message, { maxOctets, signal: deadline.signal, host: url.host }),
      deadline,
    ),
    close() {
      deadline.end();
      message.destroy();
    },
  };
}

async function* nothing(message: IncomingMessage): AsyncGenerator<Uint8Array, void> {
  message.destroy();
}

async function* untilEnd(body: AsyncIterable<Uint8Array>, deadline: Deadline): AsyncGenerator<Uint8Array, void> {
  try {
    yield* body;
  } finally {
    deadline.end();
  }
}
