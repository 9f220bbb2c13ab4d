import { Agent, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { BadRequest } from '../base/refusal.ts';
import { ACTOR_HEADER, PEER_HEADER, peerOf, writePeer } from './peer.ts';
import type { OpenMiddleware } from './state.ts';

export interface HandOnOptions {
  /** The Unix socket of the process that answers. */
  readonly socketPath: string;
  /** Whether this process leaves the request to the other one. */
  readonly isForOther: (req: IncomingMessage, path: string) => boolean;
}

export interface HandOn {
  readonly middleware: OpenMiddleware;
  /** Closes the connections to the other process. */
  close(): void;
}

/**
 * Hands requests whole to another process of this server, and its answers back, as they come: neither stands in memory
 * whole, and who reads slowly is waited for. A client that goes away breaks off the request there, too. It belongs
 * behind what keeps the requests of one connection in order.
 */
export function handOn({ socketPath, isForOther }: HandOnOptions): HandOn {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
  return {
    async middleware(ctx, next) {
      const { req, res, state } = ctx;
      if (!isForOther(req, ctx.path)) return next();
      // Its client went away while it waited for its turn, and nothing would tell of that any more.
      if (res.closed || req.socket.destroyed) {
        ctx.respond = false;
        return;
      }
      const { asked, answer } = await ask({ agent, socketPath, requestId: state.requestId }, req, res);
      const { [ACTOR_HEADER]: actor } = answer.headers;
      if (typeof actor === 'string') state.actorElsewhere = actor;
      ctx.respond = false;
      for (const [name, value] of Object.entries(state.headers)) res.setHeader(name, value);
      copyHead(answer, res);
      await flow(answer, res);
      if (asked.writableFinished) return;
      // An answer that came before the end of the body: nobody wants the rest, but the next request comes behind it.
      req.unpipe(asked);
      req.resume();
      asked.destroy();
    },
    close: () => agent.destroy(),
  };
}

interface Way {
  readonly agent: Agent;
  readonly socketPath: string;
  readonly requestId: string;
}

interface Handed {
  readonly asked: ReturnType<typeof request>;
  readonly answer: IncomingMessage;
}

/** Resolves with the head of the answer. Throws BadRequest 503 where the other process is not there. */
function ask({ agent, socketPath, requestId }: Way, req: IncomingMessage, res: ServerResponse): Promise<Handed> {
  return new Promise((resolve, reject) => {
    const headers = handedHeaders(req, requestId);
    const { method, url: path } = req;
    const asked = request({ agent, socketPath, method, path, headers, setHost: false });
    asked.once('response', (answer) => resolve({ asked, answer }));
    asked.on('error', (cause: NodeJS.ErrnoException) => {
      req.unpipe(asked);
      req.resume();
      const wasNeverSent = cause.syscall === 'connect' && !res.destroyed;
      // What became of a request that was sent nobody knows, and no answer is to say that nothing was done.
      if (!wasNeverSent) res.destroy();
      reject(wasNeverSent ? noAnswer(cause) : cause);
    });
    res.once('close', () => {
      if (!res.writableFinished) asked.destroy();
    });
    if (hasBody(req)) req.pipe(asked);
    else asked.end();
  });
}

/** Resolves when the answer has left or broken off, on either side. */
function flow(answer: IncomingMessage, res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    res.once('close', resolve);
    // Without its end, the client is not to take it for whole.
    answer.once('error', () => res.destroy());
    answer.pipe(res);
  });
}

const noAnswer = (cause: Error): BadRequest =>
  new BadRequest('This cannot be written at this moment. Try again soon.', {
    status: 503,
    headers: { 'Retry-After': '5' },
    cause,
  });

/** RFC 9112 §6.3: a request has a body if it says so. */
const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;

/** RFC 9110 §7.6.1: what concerns one connection alone, beside what Connection names. Expect was answered already. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade'];

/** What Connection names; in a message that is hardly ever more than `keep-alive` and `close`. */
const namedBy = (connection: string | undefined): readonly string[] =>
  (connection ?? '').split(',').map((name) => name.trim().toLowerCase());

/** Counts though Connection names it: the length, and what a proxy says of its client (client-address.ts). */
const KEPT = ['content-length', 'x-forwarded-for', 'forwarded', 'x-real-ip', 'via'];

/** What this process made of the header fields is what the other one gets, so that both read the same. */
function handedHeaders(req: IncomingMessage, requestId: string): IncomingHttpHeaders {
  const handed: IncomingHttpHeaders = { ...req.headers };
  for (const name of [...HOP_BY_HOP, 'expect', PEER_HEADER, ...namedBy(req.headers.connection)]) delete handed[name];
  for (const name of KEPT) if (req.headers[name] !== undefined) handed[name] = req.headers[name];
  if (req.headers['transfer-encoding'] !== undefined) handed['transfer-encoding'] = 'chunked';
  handed[PEER_HEADER] = writePeer({ ...peerOf(req), requestId });
  return handed;
}

function copyHead({ statusCode = 500, statusMessage = '', rawHeaders, headers }: IncomingMessage, res: ServerResponse) {
  const dropped = new Set([...HOP_BY_HOP, ACTOR_HEADER, ...namedBy(headers.connection)]);
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    const plain = name.toLowerCase();
    if (dropped.has(plain)) continue;
    if (seen.has(plain)) res.appendHeader(name, value);
    else res.setHeader(name, value);
    seen.add(plain);
  }
  res.writeHead(statusCode, statusMessage);
}
