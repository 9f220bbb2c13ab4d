import { ConditionFailed } from '../base/refusal.ts';
import { locksIn } from '../calendar/lock.ts';
import { isLockToken, locksOn } from '../calendar/locks.ts';
import type { Collection, ObjectHead } from '../calendar/model.ts';
import { syncTokenOf } from '../calendar/sync-token.ts';
import { checkWrite, type CurrentState } from './conditions.ts';
import { collectionTag } from './entity-tag.ts';
import { checkIf, parseIf, type IfState } from './if-header.ts';
import type { DavRequest } from './method.ts';
import { segmentsOf } from './path.ts';
import { resolve, type Target } from './resolve.ts';
import { COLLECTION_KINDS, isKind } from './resource.ts';

type Asked = Pick<DavRequest, 'context' | 'headers' | 'target'>;

/**
 * The If header (RFC 4918 §10.4) against the resources as they are now. Returns the collections that it was compared
 * with, which a write must still find so. Throws ConditionFailed or BadRequest.
 */
export async function checkIfHeader(request: Asked): Promise<readonly Collection[]> {
  const { context, headers, target } = request;
  if (headers['if'] === undefined) return [];
  const seen: Collection[] = [];
  await checkIf(headers['if'], {
    path: target.href,
    own: { publicUrl: context.publicUrl, host: headers.host },
    state: async (path) => {
      const question = { calendar: context.calendar, actor: context.actor };
      const named = path === target.href ? target : await resolve(question, segmentsOf(path));
      const isSeen = named.kind !== 'missing' && named.privileges.has('read');
      if (isSeen && isKind(named, COLLECTION_KINDS)) seen.push(named.collection);
      return ifStateOf(request, named);
    },
  });
  return namesState(headers['if']) ? seen : [];
}

/** Whether an If header names more than locks, whose holding is asked for in each transaction: something must stay as it was. */
const namesState = (header: string | readonly string[]): boolean =>
  parseIf(String(header)).some(({ conditions }) =>
    conditions.some((each) => !('token' in each) || !isLockToken(each.token)),
  );

/** A sync token is the state token of its collection (RFC 6578 §5); a lock's is one of all that it is on. */
async function ifStateOf({ context: { calendar } }: Asked, target: Target): Promise<IfState | undefined> {
  if (target.kind === 'missing' || !target.privileges.has('read') || !('collection' in target)) return undefined;
  const { collection } = target;
  const object = target.kind === 'object' ? target.object : undefined;
  const locks = locksOn(await locksIn(calendar, collection.homeId), { collection, object }).map(({ token }) => token);
  if (object !== undefined) return { etag: object.etag, stateTokens: locks };
  return {
    etag: collectionTag(calendar, collection),
    stateTokens: [syncTokenOf(calendar, collection), ...locks],
  };
}

/** If-Match and its like on what stands at the URL, before a body is read or work is done. Throws ConditionFailed. */
export function checkTarget({ context, headers, target }: Asked): void {
  checkWrite(headers, target.kind === 'missing' ? undefined : currentOf(context, target));
}

function currentOf(context: Asked['context'], target: Exclude<Target, { kind: 'missing' }>): CurrentState {
  if (target.kind === 'object') return target.object;
  if (isKind(target, COLLECTION_KINDS)) return stateOfCollection(context, target.collection);
  return { etag: undefined, modifiedAt: undefined };
}

const stateOfCollection = ({ calendar }: Asked['context'], collection: Collection): CurrentState => ({
  etag: collectionTag(calendar, collection),
  modifiedAt: collection.modifiedAt,
});

/** The conditions of a request on a collection that it changes, to be asked inside the transaction. */
export function collectionCheck({ context, headers }: Asked): (current: Collection) => void {
  return (current) => checkWrite(headers, stateOfCollection(context, current));
}

/**
 * The conditions of a request on what it writes to, to be asked inside the transaction. Where an If header was
 * evaluated before it, the resource must still be what it was then.
 */
export function writeCheck({ headers, target }: Asked): (current: ObjectHead | undefined) => void {
  return (current) => {
    checkWrite(headers, current);
    if (headers['if'] === undefined || !namesState(headers['if'])) return;
    const seen = target.kind === 'object' ? target.object.etag : undefined;
    if (current?.etag !== seen) throw new ConditionFailed('If: the resource was changed meanwhile');
  };
}
