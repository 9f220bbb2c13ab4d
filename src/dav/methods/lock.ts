import { BadRequest, Refusal } from '../../base/refusal.ts';
import { requirePrivilege } from '../../calendar/access.ts';
import { makeLock, refreshLock, type LockPlace } from '../../calendar/lock.ts';
import type { Lock } from '../../calendar/locks.ts';
import { parseDepth } from '../depth.ts';
import { activelock } from '../lock-xml.ts';
import type { DavAnswer, DavRequest, Method } from '../method.ts';
import { XML_TYPE } from '../multistatus-answer.ts';
import { readXml } from '../read-xml.ts';
import type { Target } from '../resolve.ts';
import { checkTarget, writeCheck } from '../write-check.ts';
import { dav } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { childOf } from '../xml/parse.ts';
import { document, el, writeNode } from '../xml/write.ts';

/**
 * LOCK, RFC 4918 §9.10: of an object, a calendar or a plain collection; without a body, the lock whose token the If
 * header submits begins its time anew. Can raise: no-conflicting-lock, lock-token-submitted, quota-not-exceeded,
 * valid-calendar-data, need-privileges, 400, 409, 412.
 */
export const lock: Method = {
  name: 'LOCK',
  on: ['object', 'calendar', 'plain'],
  creates: true,
  async run(request) {
    const place = lockPlace(request.target);
    const body = await readXml(request);
    return body === undefined ? refresh(request, place) : make(request, place, body);
  },
};

/** What a lock can be on. Throws 409 where there is nothing and nothing to put it into, 405 elsewhere. */
export function lockPlace(target: Target): LockPlace {
  requirePrivilege(target.privileges, 'read', target.href);
  if (target.kind === 'object') return { collection: target.collection, name: target.object.name };
  if (target.kind === 'calendar' || target.kind === 'plain') return { collection: target.collection, name: undefined };
  if (target.kind !== 'missing') throw new BadRequest('This cannot be locked', { status: 405 });
  const { parent, name } = target;
  if (parent?.kind === 'calendar' || parent?.kind === 'plain') return { collection: parent.collection, name };
  throw new BadRequest('There is no collection that would hold it', { status: 409 });
}

async function make(request: DavRequest, place: LockPlace, body: XmlNode): Promise<DavAnswer> {
  const { context, headers, unchanged, locks } = request;
  if (body.name !== dav('lockinfo')) throw new BadRequest('The body must be a DAV:lockinfo');
  const depth = parseDepth(headers.depth, 'infinity');
  if (depth === 1) throw new BadRequest('A lock has Depth: 0 or infinity');
  checkTarget(request);
  const made = await makeLock(context.calendar, {
    ...{ actor: context.actor, ...place, unchanged, locks },
    isShared: isShared(body),
    isDeep: depth === 'infinity' && place.name === undefined,
    owner: ownerOf(body),
    timeoutSeconds: parseTimeout(headers['timeout']),
    check: writeCheck(request),
  });
  const { status, headers: about, body: text } = answer(request, made.lock, made.isNew ? 201 : 200);
  return {
    status,
    headers: { ...about, 'Lock-Token': `<${made.lock.token}>` },
    ...(text !== undefined && { body: text }),
  };
}

async function refresh(request: DavRequest, place: LockPlace): Promise<DavAnswer> {
  const { context, headers, locks } = request;
  if (locks.tokens.size === 0) throw new BadRequest('A LOCK without a body has an If header with the token');
  checkTarget(request);
  const timeoutSeconds = parseTimeout(headers['timeout']);
  const found = await refreshLock(context.calendar, { ...place, actor: context.actor, timeoutSeconds, locks });
  return answer(request, found, 200);
}

function answer({ context: { calendar } }: DavRequest, found: Lock, status: number): DavAnswer {
  const discovery = el(dav('lockdiscovery'), activelock(found, calendar.clock(), true));
  return { status, headers: { 'Content-Type': XML_TYPE }, body: document(el(dav('prop'), discovery)) };
}

/** DAV:lockscope, and DAV:locktype, of which there is one (RFC 4918 §14.11, §14.15). */
function isShared(body: XmlNode): boolean {
  const type = childOf(body, dav('locktype'));
  const scope = childOf(body, dav('lockscope'));
  if (type === undefined || childOf(type, dav('write')) === undefined || scope === undefined) {
    throw new BadRequest('A DAV:lockinfo holds DAV:lockscope, and DAV:locktype with DAV:write');
  }
  const shared = childOf(scope, dav('shared')) !== undefined;
  if (shared === (childOf(scope, dav('exclusive')) !== undefined)) {
    throw new BadRequest('A DAV:lockscope is DAV:exclusive or DAV:shared');
  }
  return shared;
}

/** Octets of DAV:owner: it is told with every lock. */
const MOST_OF_OWNER = 4096;

function ownerOf(body: XmlNode): string | undefined {
  const node = childOf(body, dav('owner'));
  const xml = node && writeNode(node);
  if (xml !== undefined && Buffer.byteLength(xml) > MOST_OF_OWNER) {
    throw new Refusal('quota-not-exceeded', `DAV:owner holds at most ${MOST_OF_OWNER} octets`);
  }
  return xml;
}

/** The first time that is understood, in seconds (RFC 4918 §10.7); undefined: as long as it may be. */
export function parseTimeout(header: string | readonly string[] | undefined): number | undefined {
  for (const part of String(header ?? '').split(',')) {
    const seconds = /^\s*second-(\d{1,10})\s*$/i.exec(part);
    if (seconds !== null) return Number(seconds[1]);
    if (/^\s*infinite\s*$/i.test(part)) return undefined;
  }
  return undefined;
}
