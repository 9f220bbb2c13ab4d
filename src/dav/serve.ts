import type { Privilege } from '../auth/privileges.ts';
import type { Actor } from '../auth/actor.ts';
import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { missingPrivilege, requirePrivilege } from '../calendar/access.ts';
import type { CalendarContext } from '../calendar/context.ts';
import type { LockHolder } from '../calendar/locks.ts';
import type { Middleware } from '../http/state.ts';
import { readBody } from '../http/body.ts';
import { streamBody } from '../http/body-stream.ts';
import { peerOf } from '../http/peer.ts';
import { errorAnswer } from './error-body.ts';
import { parseIf, submittedTokens } from './if-header.ts';
import type { DavAnswer, DavRequest, Method } from './method.ts';
import { METHODS } from './methods/index.ts';
import { post } from './methods/post.ts';
import { report } from './methods/report.ts';
import { pathOf, queryOf, segmentsOf } from './path.ts';
import { parsePreferences } from './prefer.ts';
import { withPushDontNotify } from './push-dont-notify.ts';
import { PUSH_REGISTER } from './push-register.ts';
import { PROPERTIES } from './properties/index.ts';
import { isXmlType, readXml } from './read-xml.ts';
import { REPORTS } from './reports/index.ts';
import { representation } from './representation.ts';
import { resolve, type Target } from './resolve.ts';
import { ATTACHMENT_KINDS, DIRECTORY_KINDS, isKind, type Resource } from './resource.ts';
import { send } from './send.ts';
import { checkIfHeader } from './write-check.ts';

export interface DavSettings {
  readonly calendar: CalendarContext;
  /** Origin under which the server is reached, from the configuration. */
  readonly publicUrl: string | undefined;
}

type DavKoaContext = Parameters<Middleware>[0];

/** The DAV door: one request from its URL to its answer. The only place that catches what the rooms throw. */
export function davMiddleware(settings: DavSettings): Middleware {
  return async (ctx) => send(ctx, await answer(ctx, settings).catch(errorAnswer));
}

async function answer(ctx: DavKoaContext, { calendar, publicUrl }: DavSettings): Promise<DavAnswer> {
  const { actor } = ctx.state;
  const { url = '/' } = ctx.req;
  // RFC 9110 §7.1: no part of it. To remove the whole where a part was meant would be the worst of all readings.
  if (url.includes('#')) throw new BadRequest('The request target has a fragment');
  const path = pathOf(url);
  const segments = segmentsOf(path);
  const target = await resolve({ calendar, actor, octets: ctx.method === 'GET' }, segments);
  const method = METHODS.get(ctx.method);
  if (method === undefined) {
    throw new BadRequest(`${ctx.method} is not a method of this server`, { status: 501 });
  }
  const { headers } = ctx.req;
  const quiet = withPushDontNotify(calendar, { actor, headers, target, segments, publicUrl });
  const asked = {
    context: { actor, calendar: quiet, publicUrl, reports: REPORTS, properties: PROPERTIES },
    target,
    path,
    origin: () => publicUrl ?? originOf(ctx.req),
    headers,
    preferences: parsePreferences(headers),
    locks: holderOf(actor.id, headers['if']),
    query: queryOf(url),
    stream: (limit: number) => streamBody(ctx.req, limit),
    body: (limit: number) => readBody(ctx.req, limit, ctx.state.takeRoom),
  };
  // Nothing is awaited that most requests need not: each turn costs as much as a part of the work.
  if (!isReadable(method, target)) await refuseReading(method, asked);
  requireAllowed(method, target);
  if (method.bodiless === true) await requireNoBody(method, asked);
  const unchanged = headers['if'] === undefined ? [] : await checkIfHeader(asked);
  const request: DavRequest = { ...asked, unchanged };
  const result = await outcomeOf(method, request);
  if (result.synced === true) ctx.state.synced = true;
  return method.name === 'OPTIONS' ? { ...result, headers: { ...result.headers, Allow: allowOf(target) } } : result;
}

function originOf(req: DavKoaContext['req']): string {
  const { host = '' } = req.headers;
  const scheme = peerOf(req).encrypted ? 'https' : 'http';
  return URL.canParse(`${scheme}://${host}`) ? new URL(`${scheme}://${host}`).origin : `${scheme}://localhost`;
}

/** The tokens that an If header submits, whatever it says of them (RFC 4918 §10.4.1). Throws BadRequest. */
function holderOf(actorId: Actor['id'], header: string | readonly string[] | undefined): LockHolder {
  return { actorId, tokens: header === undefined ? NO_TOKENS : submittedTokens(parseIf(String(header))) };
}

const NO_TOKENS: ReadonlySet<string> = new Set();

/** RFC 8144 §3.2: a failed condition is answered with the resource as it is, if the client asked for that. */
async function outcomeOf(method: Method, request: DavRequest): Promise<DavAnswer> {
  try {
    return await method.run(request);
  } catch (error) {
    const { preferences, target } = request;
    if (!(error instanceof ConditionFailed) || !preferences.representation || target.kind !== 'object') throw error;
    return representation(request, target, 412);
  }
}

/**
 * Who may not read here gets the same 403 for what exists and for what does not, with the URL as it was asked for.
 * Only a REPORT may go on with read-free-busy: it knows which privilege it needs (RFC 4791 §6.1.1). For who may not
 * subscribe, WebDAV-Push "Subscription Registration" has a word of its own.
 */
function isReadable(method: Method, { privileges }: Target): boolean {
  return privileges.has('read') || (method === report && privileges.has('read-free-busy'));
}

async function refuseReading(method: Method, asked: Omit<DavRequest, 'unchanged'>): Promise<never> {
  if (method === post && isXmlType(asked.headers['content-type']) && (await readXml(asked))?.name === PUSH_REGISTER) {
    throw new Refusal('push-not-available', 'Only who may read a collection is told of its changes');
  }
  throw missingPrivilege('read', asked.path);
}

/**
 * 405 for a method that does not work on this kind of resource. A missing resource is each method's own matter: most
 * say 404.
 */
function requireAllowed(method: Method, target: Target): void {
  if (target.kind === 'missing' || method.on.includes(target.kind)) return;
  // RFC 4791 §5.3.1.1 and RFC 4918 §9.3.1 have an answer of their own for a URL that is taken.
  if (method.creates === true && method.name.startsWith('MK')) return;
  requireWritable(method, target);
  throw new BadRequest(`${method.name} does not work on this resource`, {
    status: method.elsewhere ?? 405,
    headers: { Allow: allowOf(target) },
  });
}

/** RFC 4918 §8.4: a body that would be ignored was meant for something that this server does not do. */
async function requireNoBody({ name }: Method, { body, context }: Omit<DavRequest, 'unchanged'>): Promise<void> {
  if ((await body(context.calendar.limits.xmlOctets)).length === 0) return;
  throw new BadRequest(`${name} takes no body`, { status: 415 });
}

/** What writes would take, where nobody may write: the answer is 403 with the privilege, not 405 (RFC 3744 §7.1.1). */
const WRITES: ReadonlyMap<string, Privilege> = new Map([
  ['PUT', 'write-content'],
  ['DELETE', 'unbind'],
  ['MOVE', 'unbind'],
]);

function requireWritable({ name }: Method, target: Resource): void {
  const privilege = isKind(target, [...DIRECTORY_KINDS, ...ATTACHMENT_KINDS]) ? WRITES.get(name) : undefined;
  if (privilege !== undefined) requirePrivilege(target.privileges, privilege, target.href);
}

/** RFC 9110 §10.2.1: the methods that work on this kind of resource. */
function allowOf(target: Target): string {
  const methods = [...METHODS.values()];
  const working = methods.filter((method) =>
    target.kind === 'missing' ? method.creates === true : method.on.includes(target.kind),
  );
  return working.map(({ name }) => name).join(', ');
}
