import type { IncomingMessage } from 'node:http';

import { BadRequest } from '../base/refusal.ts';

/**
 * The request body as it comes, read only as fast as it is taken, so that it never stands in memory whole. `limit` is in
 * octets. Throws BadRequest 413 beyond it, 415 where the body has a Content-Encoding, 400 where it ends before its end.
 * What is left of a body that is not taken to its end is thrown away, so that the client sees the answer.
 */
export async function* streamBody(req: IncomingMessage, limit: number): AsyncGenerator<Uint8Array, void> {
  const encoding = req.headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') {
    throw new BadRequest('A body that is kept as it is has no Content-Encoding', { status: 415 });
  }
  if (Number(req.headers['content-length'] ?? 0) > limit) throw tooLong(limit);
  let size = 0;
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      const octets = chunk as Uint8Array; // no encoding was set
      size += octets.byteLength;
      if (size > limit) throw tooLong(limit);
      yield octets;
    }
  } catch (cause) {
    if (cause instanceof BadRequest || req.complete) throw cause;
    throw new BadRequest('The body ended before its end', { cause });
  } finally {
    req.resume();
  }
}

const tooLong = (limit: number): BadRequest =>
  new BadRequest(`The body is longer than ${limit} octets`, { status: 413 });
