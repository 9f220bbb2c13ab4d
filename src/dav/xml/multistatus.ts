import { STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { dav } from './names.ts';
import type { Xml } from './node.ts';
import { documentEnds, el, href as hrefElement, text } from './write.ts';

/** Properties of one resource that share a status (RFC 4918 §14.22). */
export interface PropStat {
  readonly status: number;
  readonly props: readonly Xml[];
  /** The precondition that was violated: the child of DAV:error (RFC 4918 §14.5). */
  readonly error?: Xml | undefined;
}

/** One DAV:response (RFC 4918 §14.24). `href` is percent-encoded. */
export type DavResponse =
  | { readonly href: string; readonly propstats: readonly PropStat[] }
  | {
      readonly href: string;
      readonly status: number;
      readonly error?: Xml | undefined;
      readonly description?: string | undefined;
    };

/** Octets, near enough, after which a piece is handed on. */
const CHUNK_CHARACTERS = 64 * 1024;

const ENDS = documentEnds(dav('multistatus'));
const EMPTY_OK: readonly PropStat[] = [{ status: 200, props: [] }];
const statusLines = new Map<number, Xml>();

/** DAV:status: `HTTP/1.1 404 Not Found` (RFC 4918 §14.28). */
export function statusElement(status: number): Xml {
  let line = statusLines.get(status);
  if (line === undefined) {
    line = el(dav('status'), text(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}`));
    statusLines.set(status, line);
  }
  return line;
}

/** One DAV:response element. */
export function responseElement(response: DavResponse): Xml {
  if ('status' in response) {
    return el(
      dav('response'),
      hrefElement(response.href),
      statusElement(response.status),
      response.error === undefined ? undefined : el(dav('error'), response.error),
      response.description === undefined ? undefined : el(dav('responsedescription'), text(response.description)),
    );
  }
  // A response needs a status or a propstat, also where a minimal answer has nothing left to say (RFC 8144 §2.1).
  const propstats = response.propstats.length === 0 ? EMPTY_OK : response.propstats;
  return el(dav('response'), hrefElement(response.href), ...propstats.map(propstatElement));
}

/** One DAV:propstat element. */
export function propstatElement({ status, props, error }: PropStat): Xml {
  const prop = el(dav('prop'), ...props);
  return el(dav('propstat'), prop, statusElement(status), error === undefined ? undefined : el(dav('error'), error));
}

/** A small multistatus as one string. `tail` stands after the responses, as DAV:sync-token does (RFC 6578 §6.4). */
export function multistatusText(responses: Iterable<DavResponse>, tail?: Xml): string {
  let body = ENDS.start;
  for (const response of responses) body += responseElement(response);
  return `${body}${tail ?? ''}${ENDS.end}`;
}

/**
 * A multistatus piece by piece. The next piece is made only when the last one was taken, and the event loop gets a
 * turn in between, so that one large answer holds neither the memory nor the other requests. `tail` is asked after
 * the last response.
 */
export async function* multistatus(
  responses: AsyncIterable<DavResponse> | Iterable<DavResponse>,
  tail?: () => Xml | undefined,
): AsyncGenerator<string, void, void> {
  let piece = ENDS.start;
  // Waiting for each of what needs no waiting costs four times the writing: hence the loop twice.
  if (Symbol.iterator in responses) {
    for (const response of responses) {
      piece += responseElement(response);
      if (piece.length < CHUNK_CHARACTERS) continue;
      yield piece;
      piece = '';
      await nextTurn();
    }
  } else {
    for await (const response of responses) {
      piece += responseElement(response);
      if (piece.length < CHUNK_CHARACTERS) continue;
      yield piece;
      piece = '';
      await nextTurn();
    }
  }
  yield piece + (tail?.() ?? '') + ENDS.end;
}

/**
 * The body of a 207: a string where the whole answer fits one piece (it then has a Content-Length), a stream beyond.
 * The first piece is made before this returns: a refusal that comes up by then is still an answer of its own.
 */
export async function multistatusBody(
  responses: AsyncIterable<DavResponse> | Iterable<DavResponse>,
  tail?: () => Xml | undefined,
): Promise<string | Readable> {
  const pieces = multistatus(responses, tail);
  const first = await pieces.next();
  if (first.done) return multistatusText([]);
  if (first.value.endsWith(ENDS.end)) return first.value;
  return Readable.from(resumed(first.value, pieces), { objectMode: false, highWaterMark: CHUNK_CHARACTERS });
}

/**
 * The first piece again, then the rest. Not a generator: one that was never started does not pass `return` on, and the
 * source of an answer that the client broke off at once would stay open.
 */
function resumed(first: string, rest: AsyncGenerator<string, void, void>): AsyncIterable<string> {
  let pending: string | undefined = first;
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        if (pending === undefined) return await rest.next();
        const value = pending;
        pending = undefined;
        return { done: false, value };
      },
      return: () => rest.return(),
    }),
  };
}
