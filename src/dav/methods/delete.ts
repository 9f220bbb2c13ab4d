import { BadRequest } from '../../base/refusal.ts';
import { deleteObject } from '../../calendar/delete-object.ts';
import { removeDealtWith } from '../../calendar/discard-member.ts';
import { removePlainCollection } from '../../calendar/plain-collections.ts';
import { removeCollection } from '../../calendar/remove-collection.ts';
import { endPush } from '../../calendar/push.ts';
import type { DavRequest, Method } from '../method.ts';
import { isNotification } from '../notification.ts';
import { segmentsOf } from '../path.ts';
import { pushIdOf } from '../push.ts';
import { requireResource } from '../require-resource.ts';
import { COLLECTION_KINDS, isKind, type ResourceOf } from '../resource.ts';
import { collectionCheck, writeCheck } from '../write-check.ts';

/**
 * DELETE, RFC 4918 §9.6: one object, a calendar with all its members, or a push subscription. Can raise: need-privileges, 403 for what
 * belongs to the home, 404, 412, lock-token-submitted.
 */
export const remove: Method = {
  name: 'DELETE',
  on: ['object', 'calendar', 'plain'],
  bodiless: true,
  elsewhere: 403,
  async run(request) {
    const { target, context, headers } = request;
    const pushId = target.kind === 'missing' ? pushIdOf(segmentsOf(request.path)) : undefined;
    if (pushId !== undefined) {
      if (await endPush(context.calendar, context.actor, pushId)) return { status: 204 };
      throw new BadRequest('There is no such subscription', { status: 404 });
    }
    // Who may not write to a shared calendar may leave it: the home of the sharee says so (removeCollection).
    const isMount = target.kind === 'calendar' && target.collection.mount !== undefined;
    const resource = requireResource(target, isMount ? 'read' : 'unbind');
    if (resource.kind === 'object') {
      await memberRemoval(resource)(context.calendar, {
        actor: context.actor,
        collection: resource.collection,
        name: resource.object.name,
        check: writeCheck(request),
        unchanged: request.unchanged,
        locks: request.locks,
        silent: isSilent(request),
      });
      return { status: 204 };
    }
    if (!isKind(resource, COLLECTION_KINDS)) throw new BadRequest('This cannot be removed', { status: 403 });
    // RFC 4918 §9.6.1: a collection is deleted whole; any other Depth is a client that means something else.
    if (headers.depth !== undefined && String(headers.depth).toLowerCase() !== 'infinity') {
      throw new BadRequest('A collection is deleted with Depth: infinity');
    }
    const remove = resource.kind === 'plain' ? removePlainCollection : removeCollection;
    await remove(context.calendar, {
      actor: context.actor,
      collection: resource.collection,
      check: collectionCheck(request),
      unchanged: request.unchanged,
      locks: request.locks,
      silent: isSilent(request),
    });
    return { status: 204 };
  },
};

function memberRemoval(resource: ResourceOf<'object'>): typeof deleteObject {
  return isNotification(resource) || resource.collection.kind === 'inbox' ? removeDealtWith : deleteObject;
}

/** RFC 6638 §8.1: an attendee removes it, and the organizer is not told. */
const isSilent = ({ headers }: DavRequest): boolean =>
  String(headers['schedule-reply'] ?? '')
    .trim()
    .toUpperCase() === 'F';
