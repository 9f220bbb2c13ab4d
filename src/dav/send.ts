import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Middleware } from '../http/state.ts';
import type { DavAnswer } from './method.ts';

type DavKoaContext = Parameters<Middleware>[0];

/**
 * An answer onto the wire. Text and octets go straight to Node, all headers at once: what Koa looks for in a body and
 * does with each header cost a tenth of a GET, and its pipeline as much of a list. A stream is left to Koa, which knows what to do when
 * either side breaks off.
 */
export async function send(ctx: DavKoaContext, { status, headers = {}, body }: DavAnswer): Promise<void> {
  if (body instanceof Readable) {
    ctx.status = status;
    for (const [name, value] of Object.entries(headers)) ctx.set(name, value);
    ctx.body = body;
    return;
  }
  ctx.respond = false;
  const { res } = ctx;
  const all = { ...ctx.state.headers, ...headers };
  if (body === undefined) sendEmpty(res, status, all);
  else if (typeof body === 'string' || body instanceof Uint8Array) sendWhole(res, { status, headers: all, body });
  else await sendPieces(res.writeHead(status, all), body);
}

function sendEmpty(res: ServerResponse, status: number, headers: Record<string, string>): void {
  const { 'Content-Type': _, ...rest } = headers;
  res.writeHead(status, EMPTY.has(status) ? rest : { ...rest, 'Content-Length': '0' }).end();
}

/** What has no body by its status, and so no length either (RFC 9110 §8.6). */
const EMPTY: ReadonlySet<number> = new Set([204, 304]);

interface WholeAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

function sendWhole(res: ServerResponse, { status, headers, body }: WholeAnswer): void {
  headers['Content-Length'] = String(typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength);
  // To a HEAD, Node sends the head alone.
  res.writeHead(status, headers).end(body);
}

/**
 * The next piece is made when the last one was taken. Where the client has gone, its source is closed; where the source
 * fails, lastResort cuts the connection, so that the client sees that the answer is not whole.
 */
async function sendPieces(res: ServerResponse, pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) {
    if (!res.write(piece)) await taken(res);
    if (res.closed) return;
  }
  res.end();
}

function taken(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      res.off('drain', settle);
      res.off('close', settle);
      resolve();
    };
    if (res.closed) return resolve();
    res.on('drain', settle);
    res.on('close', settle);
  });
}
