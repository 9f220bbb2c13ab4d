import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { BadRequest } from '../base/refusal.ts';
import type { TakeRoom } from './body-room.ts';

/**
 * The request body, whole. `limit` is in octets and holds for what is sent and for what it inflates to. Throws
 * BadRequest 413 beyond it, 503 where there is no room for it, 415 for a Content-Encoding other than gzip, deflate or
 * br, 400 for a body that does not inflate. What is left of a refused body is thrown away as it comes: to cut the connection would often cost the
 * client the answer, and node's request timeout bounds how long it may go on.
 */
export async function readBody(req: IncomingMessage, limit: number, takeRoom: TakeRoom): Promise<Uint8Array> {
  if (Number(req.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const inflate = decoderOf(req.headers['content-encoding']);
  if (inflate === undefined) return collect(req, limit, takeRoom);
  let received = 0;
  req.on('data', (chunk: Uint8Array) => {
    received += chunk.length;
    if (received > limit) inflate.destroy(tooLarge(limit));
  });
  req.once('error', (error) => inflate.destroy(error));
  try {
    return await collect(req.pipe(inflate), limit, takeRoom);
  } catch (cause) {
    req.unpipe(inflate);
    inflate.destroy();
    req.resume();
    if (cause instanceof BadRequest || cause === req.errored) throw cause;
    throw new BadRequest('The body is not what its Content-Encoding says', { cause });
  }
}

const tooLarge = (limit: number): BadRequest =>
  new BadRequest(`The body is longer than ${limit} octets`, { status: 413 });

const noRoom = (): BadRequest =>
  new BadRequest('Too many large requests are under way. Try again soon.', {
    status: 503,
    headers: { 'Retry-After': '5' },
  });

function collect(source: Readable, limit: number, takeRoom: TakeRoom): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    let refused: BadRequest | undefined;
    source.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      refused ??= size > limit ? tooLarge(limit) : takeRoom(chunk.length) ? undefined : noRoom();
      if (refused === undefined) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(refused);
    });
    source.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    source.once('error', reject);
    source.once('close', () => {
      // Every request closes; an error made each time, though nobody waits any more, costs more than the body.
      if (!source.readableEnded) reject(new BadRequest('The body ended before its end'));
    });
  });
}

function decoderOf(encoding: string | undefined): ReturnType<typeof createGunzip> | undefined {
  switch (encoding?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      // RFC 9110 §15.5.16: Accept-Encoding says what would do.
      throw new BadRequest('The Content-Encoding is not one of gzip, deflate and br', {
        status: 415,
        headers: { 'Accept-Encoding': 'gzip, deflate, br' },
      });
  }
}
