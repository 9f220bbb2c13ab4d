import { ConditionFailed } from '../base/refusal.ts';
import type { ObjectHead } from '../calendar/model.ts';
import { checkWrite } from './conditions.ts';
import { collectionTag } from './entity-tag.ts';
import { checkIf, type IfState } from './if-header.ts';
import type { DavRequest } from './method.ts';
import { segmentsOf } from './path.ts';
import { resolve, type Target } from './resolve.ts';
import { COLLECTION_KINDS, isKind } from './resource.ts';

type Asked = Pick<DavRequest, 'context' | 'headers' | 'target'>;

/** The If header (RFC 4918 §10.4) against the resources as they are now. Throws ConditionFailed or BadRequest. */
export async function checkIfHeader(request: Asked): Promise<void> {
  const { context, headers, target } = request;
  if (headers['if'] === undefined) return;
  await checkIf(headers['if'], {
    path: target.href,
    own: { publicUrl: context.publicUrl, host: headers.host },
    state: async (path) => {
      if (path === target.href) return stateOf(request, target);
      return stateOf(request, await resolve({ calendar: context.calendar, actor: context.actor }, segmentsOf(path)));
    },
  });
}

function stateOf({ context }: Asked, target: Target): IfState | undefined {
  if (target.kind === 'missing' || !target.privileges.has('read')) return undefined;
  if (target.kind === 'object') return { etag: target.object.etag, lockTokens: [] };
  const etag = isKind(target, COLLECTION_KINDS) ? collectionTag(context.calendar, target.collection) : undefined;
  return { etag, lockTokens: [] };
}

/**
 * The conditions of a request on what it writes to, to be asked inside the transaction. Where an If header was
 * evaluated before it, the resource must still be what it was then.
 */
export function writeCheck({ headers, target }: Asked): (current: ObjectHead | undefined) => void {
  return (current) => {
    checkWrite(headers, current);
    if (headers['if'] === undefined) return;
    const seen = target.kind === 'object' ? target.object.etag : undefined;
    if (current?.etag !== seen) throw new ConditionFailed('If: the resource was changed meanwhile');
  };
}
