import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

import { OutboundFailure } from './failure.ts';
import { codeOf } from './target.ts';

export interface BodyBounds {
  /** Most octets after decompression. */
  readonly maxOctets: number;
  /** Ends everything; its reason is the failure. */
  readonly signal: AbortSignal;
  /** Name of the other side for failures. */
  readonly host: string;
}

const DECODERS: Readonly<Record<string, () => Transform & { readonly bytesWritten: number }>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** What is asked for. `deflate` is understood, and not asked for: half of the servers mean another format by it. */
export const ACCEPT_ENCODING = 'gzip, br';

/** Text is seldom compressed by more than 30; past the first megabyte a body that grows by more than this is a bomb. */
const MOST_RATIO = 200;
const RATIO_COUNTS_FROM = 1024 * 1024;

/**
 * The body, decompressed, piece by piece. Ends the connection where the reader stops early. Throws OutboundFailure:
 * too-large, timeout, bad-answer, unreachable.
 */
export async function* bodyOf(message: IncomingMessage, bounds: BodyBounds): AsyncGenerator<Uint8Array, void> {
  try {
    yield* bounded(message, bounds);
  } catch (error) {
    bounds.signal.throwIfAborted();
    throw failureOf(error, bounds.host);
  } finally {
    message.destroy();
  }
}

async function* bounded(message: IncomingMessage, { maxOctets, host }: BodyBounds): AsyncGenerator<Uint8Array, void> {
  const tooLarge = (says: string): OutboundFailure => new OutboundFailure('too-large', { host, says });
  if (Number(message.headers['content-length'] ?? 0) > maxOctets) throw tooLarge(`more than ${maxOctets} octets`);
  const { source, received } = decoded(message, host);
  let size = 0;
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxOctets) throw tooLarge(`more than ${maxOctets} octets`);
    if (size > RATIO_COUNTS_FROM && size > received() * MOST_RATIO) throw tooLarge('it is compressed beyond measure');
    yield chunk;
  }
}

interface Decoded {
  readonly source: Readable;
  /** Octets that came over the wire so far. */
  received(): number;
}

function decoded(message: IncomingMessage, host: string): Decoded {
  const encoding = (message.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return { source: message, received: () => Infinity };
  // A list of encodings, one around the other, is nothing that a server needs.
  const create = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (create === undefined) {
    throw new OutboundFailure('bad-answer', { host, says: 'its compression is not known' });
  }
  const decoder = create();
  // What goes wrong is thrown by the reading of the decoder.
  pipeline(message, decoder, () => undefined);
  return { source: decoder, received: () => decoder.bytesWritten };
}

function failureOf(error: unknown, host: string): unknown {
  if (error instanceof OutboundFailure || !(error instanceof Error)) return error;
  const code = codeOf(error);
  if (/^(Z_|ERR_BROTLI|ERR__ERROR_FORMAT|ERR_ZLIB|BROTLI)/.test(code) || code.startsWith('ERR__ERROR')) {
    return new OutboundFailure('bad-answer', { host, says: `its compression is broken (${code})` });
  }
  return new OutboundFailure('unreachable', { host, says: `the connection broke (${code})` });
}
