import { XMLParser } from 'fast-xml-parser';
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { basic } from './live-server.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface DavRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A plain client over kept-alive connections. It follows nothing and retries nothing. */
export interface DavClient {
  request(method: string, path: string, options?: DavRequest): Promise<Answer>;
  close(): void;
}

export interface DavClientOptions {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Connections at once. */
  readonly sockets?: number;
}

export function davClient({ url, user, password, sockets = 8 }: DavClientOptions): DavClient {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  const authorization = basic(user, password);
  return {
    request: (method, path, { headers = {}, body } = {}) =>
      new Promise((answered, failed) => {
        const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
        const options = { hostname, port, agent, method, path, headers: { authorization, ...length, ...headers } };
        const sent = httpRequest(options, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', failed);
          // Without its end, an answer was not received, whatever its first line said.
          response.on('close', () => {
            if (!response.complete) failed(new Error('The connection broke within the answer'));
          });
          response.on('end', () =>
            answered({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
          );
        });
        sent.on('error', failed);
        sent.setTimeout(60_000, () => sent.destroy(new Error('No answer within 60 s')));
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** One DAV:response. */
export interface Entry {
  /** Decoded path. */
  readonly href: string;
  /** Of the response itself, where it has one (RFC 4918 §14.24). */
  readonly status: number | undefined;
  /** Text of the properties that came with 200, by local name. */
  readonly props: ReadonlyMap<string, string>;
}

export interface Multistatus {
  readonly entries: readonly Entry[];
  readonly syncToken: string | undefined;
}

interface RawPropstat {
  readonly status: string;
  readonly prop: Readonly<Record<string, unknown>>;
}
interface RawResponse {
  readonly href: string;
  readonly status?: string;
  readonly propstat?: readonly RawPropstat[];
}

const parser = new XMLParser({
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
  isArray: (name) => name === 'response' || name === 'propstat',
});

const statusCode = (line: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1]);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Reads a DAV:multistatus; throws where the body is none. */
export function multistatus(body: Buffer): Multistatus {
  const document = parser.parse(body) as {
    readonly multistatus?: { readonly response?: readonly RawResponse[] } | string;
  };
  if (document.multistatus === undefined) throw new Error(`Not a multistatus: ${body.toString('utf8').slice(0, 300)}`);
  const root = typeof document.multistatus === 'string' ? {} : document.multistatus;
  const token = (root as { readonly 'sync-token'?: unknown })['sync-token'];
  return {
    entries: (root.response ?? []).map(entryOf),
    syncToken: typeof token === 'string' ? token : undefined,
  };
}

function entryOf({ href, status, propstat = [] }: RawResponse): Entry {
  const found = propstat.filter((each) => statusCode(each.status) === 200);
  const pairs = found.flatMap(({ prop }) => Object.entries(prop));
  return {
    href: decodeURIComponent(href.trim()),
    status: status === undefined ? undefined : statusCode(status),
    props: new Map(pairs.map(([name, value]) => [name, textOf(value)])),
  };
}

const xml = (body: string): string => `<?xml version="1.0" encoding="utf-8"?>${body}`;
const XML_HEADERS = { 'content-type': 'application/xml; charset=utf-8' };
export const CALENDAR_HEADERS = { 'content-type': 'text/calendar; charset=utf-8' };

/** A PROPFIND for properties of DAV: and of calendarserver (`CS:` before the name). */
export function propfind(depth: '0' | '1', names: readonly string[]): DavRequest {
  const props = names.map((name) => `<${name.includes(':') ? name : `D:${name}`}/>`).join('');
  const body = xml(
    `<D:propfind xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/"><D:prop>${props}</D:prop></D:propfind>`,
  );
  return { headers: { ...XML_HEADERS, depth }, body };
}

/** DAV:sync-collection for entity tags (RFC 6578 §3.2); without a token, the initial one. */
export function syncCollection(token: string | undefined): DavRequest {
  const body = xml(
    `<D:sync-collection xmlns:D="DAV:"><D:sync-token>${token ?? ''}</D:sync-token><D:sync-level>1</D:sync-level>` +
      '<D:prop><D:getetag/></D:prop></D:sync-collection>',
  );
  return { headers: XML_HEADERS, body };
}

/** A report in CalDAV's namespace: `root` is its local name, `inner` its content with the prefixes D and C. */
export function calendarReport(root: string, inner: string, depth: '0' | '1' = '1'): DavRequest {
  const body = xml(`<C:${root} xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">${inner}</C:${root}>`);
  return { headers: { ...XML_HEADERS, depth }, body };
}

/** `20270302T090000Z` of an instant in UTC milliseconds. */
export const utcStamp = (instant: number): string =>
  new Date(instant).toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');

/** The filter of a calendar-query: events that touch a range of instants. */
export const eventsWithin = (start: number, end: number): string =>
  '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">' +
  `<C:time-range start="${utcStamp(start)}" end="${utcStamp(end)}"/>` +
  '</C:comp-filter></C:comp-filter></C:filter>';
