import { hash } from 'node:crypto';

import { BadRequest, Refusal } from '../base/refusal.ts';
import type { OpenMiddleware } from '../http/state.ts';
import type { WebAnswer } from './answer.ts';

type Context = Parameters<OpenMiddleware>[0];

/** Headers of all that is shown without a log-in: in no search engine, and told to no other site. */
export const PUBLIC_HEADERS = { 'X-Robots-Tag': 'noindex, nofollow', 'Referrer-Policy': 'no-referrer' } as const;

/** Kept by nobody but the browser, and not for long. */
const SHORTLY = { 'Cache-Control': 'private, max-age=60' } as const;

/** GET and HEAD alone: nothing here changes anything. */
export function requireReading({ method }: Pick<Context, 'method'>): void {
  if (method === 'GET' || method === 'HEAD') return;
  throw new BadRequest('This can be read, and nothing else', { status: 405, headers: { Allow: 'GET, HEAD' } });
}

/** Weak: a free-busy answer also says when it was made. It is the same exactly as long as what is shown is. */
export const tagOf = ({ contentType, body, state }: WebAnswer): string =>
  `W/"${hash('sha256', state ?? body, 'base64url').slice(0, 32)}${contentType.startsWith('text/html') ? 'p' : ''}"`;

/** If-None-Match (RFC 9110 §13.1.2), compared weakly. */
export function isKnown(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  const opaque = tag.slice(2);
  return [...header.matchAll(/"[^"]*"/g)].some(([each]) => each === opaque);
}

/** An answer with its tag: 304 where the client has it. */
export function send(ctx: Context, answer: WebAnswer): void {
  const { contentType, body, filename, headers = {} } = answer;
  const tag = tagOf(answer);
  if (isKnown(ctx.get('If-None-Match') || undefined, tag)) {
    sendUnchanged(ctx, tag);
    return;
  }
  ctx.set({ ...PUBLIC_HEADERS, ...headers, ...validatorsOf(tag), 'Content-Type': contentType });
  if (filename !== undefined) ctx.set('Content-Disposition', `attachment; filename="${filename}"`);
  ctx.status = 200;
  ctx.body = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** 304: the client has what there is. */
export function sendUnchanged(ctx: Context, tag: string): void {
  ctx.set({ ...PUBLIC_HEADERS, ...validatorsOf(tag) });
  ctx.status = 304;
}

const validatorsOf = (tag: string) => ({ ...SHORTLY, ETag: tag, Vary: 'Accept, Authorization' });

/** What the rooms below refuse, as the web says it: too much in one answer is all that a reader can run into. */
export async function refusedAsPlain<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    throw new BadRequest(error.message, { status: 507, cause: error });
  });
}
