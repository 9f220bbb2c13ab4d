import { BadRequest } from '../../base/refusal.ts';
import { collectionsOf } from '../../calendar/collections.ts';
import { setDelegates } from '../../calendar/delegates.ts';
import {
  updateCollection,
  updateObjectProperties,
  updatePrincipalProperties,
} from '../../calendar/update-collection.ts';
import { delegateList, type DelegateList } from '../delegate-list.ts';
import { localSegments } from '../destination.ts';
import { collectionHref, encodeSegment } from '../hrefs.ts';
import type { DavRequest, Method } from '../method.ts';
import { multistatusAnswer } from '../multistatus-answer.ts';
import { preferenceHeaders } from '../prefer.ts';
import type { Surroundings } from '../property.ts';
import { instructionsOf, isSettable, planUpdate, type Instruction, type PropertyUpdate } from '../property-update.ts';
import { readXml } from '../read-xml.ts';
import { requireResource } from '../require-resource.ts';
import { ALL_KINDS, COLLECTION_KINDS, isKind, type Resource, type ResourceOf } from '../resource.ts';
import { checkTarget, collectionCheck, writeCheck } from '../write-check.ts';
import { dav } from '../xml/names.ts';

/**
 * PROPPATCH, RFC 4918 §9.2: all or nothing. Can raise: need-privileges, quota-not-exceeded, 400, 404; refusals of
 * single properties stand in the multistatus.
 */
export const proppatch: Method = {
  name: 'PROPPATCH',
  on: ALL_KINDS,
  async run(request) {
    const resource = requireResource(request.target, 'write-properties');
    checkTarget(request);
    const body = await readXml(request);
    if (body?.name !== dav('propertyupdate')) throw new BadRequest('The body must be a DAV:propertyupdate');
    if (!isSettable(resource)) throw new BadRequest('Properties cannot be set here', { status: 403 });
    const instructions = instructionsOf(body);
    if (instructions.length === 0) throw new BadRequest('The DAV:propertyupdate holds no property');
    const { limits } = request.context.calendar;
    const delegates = resource.kind === 'proxy' ? await listAsked(request, resource, instructions) : undefined;
    const collectionAt = resource.kind === 'inbox' ? await collectionsBeside(request, resource) : () => undefined;
    const isMounted = resource.kind === 'calendar' && resource.collection.mount !== undefined;
    const update = planUpdate(instructions, {
      ...{ kind: resource.kind, creating: false, limits, delegates, isMounted, collectionAt },
    });
    if (update.accepted) await apply(request, { resource, update, delegates: delegates?.delegates });
    // RFC 8144 §2.2: a minimal answer to complete success has no body.
    if (update.accepted && request.preferences.minimal) {
      return { status: 200, headers: preferenceHeaders(request.preferences, ['return=minimal']) };
    }
    return multistatusAnswer(request, [{ href: resource.href, propstats: update.propstats }]);
  },
};

function listAsked(
  { context, headers }: DavRequest,
  proxy: ResourceOf<'proxy'>,
  instructions: readonly Instruction[],
): Promise<DelegateList> {
  return delegateList(instructions, proxy, { context, own: { publicUrl: context.publicUrl, host: headers.host } });
}

/** Hrefs of the home that a property of the inbox may name. */
async function collectionsBeside(
  { context, headers }: DavRequest,
  { owner }: ResourceOf<'inbox'>,
): Promise<Surroundings['collectionAt']> {
  const own = { publicUrl: context.publicUrl, host: headers.host };
  const found = await collectionsOf(context.calendar, owner.id);
  const byHref = new Map(found.map((collection) => [collectionHref(collection), collection]));
  return (href) => byHref.get(`/${localSegments(href, own)?.map(encodeSegment).join('/') ?? ''}/`);
}

interface Change {
  readonly resource: Resource;
  readonly update: PropertyUpdate;
  readonly delegates: DelegateList['delegates'];
}

async function apply(request: DavRequest, { resource, update: { changes }, delegates }: Change): Promise<void> {
  const { context, unchanged, locks } = request;
  const { actor, calendar } = context;
  if (resource.kind === 'proxy') {
    const { owner, access } = resource;
    if (delegates !== undefined) await setDelegates(calendar, { actor, principal: owner, access, delegates });
    return;
  }
  if (resource.kind === 'object') {
    const { object, collection } = resource;
    await updateObjectProperties(calendar, {
      actor,
      collection,
      object,
      patch: changes.dead,
      check: writeCheck(request),
      unchanged,
      locks,
    });
  } else if (resource.kind === 'principal') {
    await updatePrincipalProperties(calendar, { actor, principal: resource.principal, patch: changes.dead });
  } else if (isKind(resource, COLLECTION_KINDS)) {
    const { collection } = resource;
    await updateCollection(calendar, { actor, collection, changes, check: collectionCheck(request), unchanged, locks });
  }
}
