import { STATUS_CODES } from 'node:http';
import { pause } from '../../base/turns.ts';
import { dav } from './names.ts';
import type { Xml } from './node.ts';
import { documentEnds, el, elementEnds, href as hrefElement, text } from './write.ts';

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
  /** Where all that was asked for was found, as of most members of a list: the elements, one after the other. */
  | { readonly href: string; readonly found: Xml }
  | {
      readonly href: string;
      readonly status: number;
      readonly error?: Xml | undefined;
      readonly description?: string | undefined;
    };

/** One by one or, where there are many, in pages: to wait for each response costs as much as to write it. */
export type DavResponses = AsyncIterable<DavResponse | Iterable<DavResponse>> | Iterable<DavResponse>;

/** Octets, near enough, after which a piece is handed on. */
const CHUNK_CHARACTERS = 64 * 1024;

const ENDS = documentEnds(dav('multistatus'));
const RESPONSE = elementEnds(dav('response'));
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

/** What stands around the properties that were found. */
const FOUND = {
  start: `${elementEnds(dav('propstat')).start}${elementEnds(dav('prop')).start}`,
  end: `${elementEnds(dav('prop')).end}${statusElement(200)}${elementEnds(dav('propstat')).end}${RESPONSE.end}`,
};

/** One DAV:response element, as it stands in a document. */
function writtenResponse(response: DavResponse): string {
  if (!('found' in response) || response.found === '') return responseElement(response);
  return `${RESPONSE.start}${hrefElement(response.href)}${FOUND.start}${response.found}${FOUND.end}`;
}

/** One DAV:response element. */
export function responseElement(response: DavResponse): Xml {
  if ('found' in response) {
    return el(dav('response'), hrefElement(response.href), propstatElement({ status: 200, props: [response.found] }));
  }
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
  for (const response of responses) body += writtenResponse(response);
  return `${body}${tail ?? ''}${ENDS.end}`;
}

/**
 * A multistatus piece by piece. The next piece is made only when the last one was taken, and the event loop gets a
 * turn in between, so that one large answer holds neither the memory nor the other requests. `tail` is asked after
 * the last response.
 */
export async function* multistatus(
  responses: DavResponses,
  tail?: () => Xml | undefined,
): AsyncGenerator<string, void, void> {
  let piece = ENDS.start;
  // What needs no waiting is one page.
  for await (const part of Symbol.iterator in responses ? [responses] : responses) {
    for (const response of 'href' in part ? [part] : part) {
      piece += writtenResponse(response);
      if (piece.length < CHUNK_CHARACTERS) continue;
      yield piece;
      piece = '';
      await pause();
    }
  }
  yield piece + (tail?.() ?? '') + ENDS.end;
}

/**
 * The body of a 207: a string where the whole answer fits one piece (it then has a Content-Length), pieces beyond.
 * The first piece is made before this returns: a refusal that comes up by then is still an answer of its own.
 */
export async function multistatusBody(
  responses: DavResponses,
  tail?: () => Xml | undefined,
): Promise<string | AsyncIterable<string>> {
  const pieces = multistatus(responses, tail);
  const first = await pieces.next();
  if (first.done) return multistatusText([]);
  if (first.value.endsWith(ENDS.end)) return first.value;
  return resumed(first.value, pieces);
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
