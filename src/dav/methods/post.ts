import { BadRequest } from '../../base/refusal.ts';
import { requirePrivilege } from '../../calendar/access.ts';
import { changeAttachments } from '../attachment.ts';
import { addMember } from '../add-member.ts';
import { storeMany } from '../bulk.ts';
import { formatOf } from '../calendar-format.ts';
import { ADD_MEMBER, collectionHref } from '../hrefs.ts';
import type { DavAnswer, DavRequest, Method } from '../method.ts';
import { multiput } from '../multiput.ts';
import { askBusyTime, isSchedulingMessage } from '../outbox.ts';
import { PUSH_KINDS } from '../push.ts';
import { PUSH_REGISTER, subscribeToPush } from '../push-register.ts';
import { isPublishing, publish } from '../publish.ts';
import { readXml } from '../read-xml.ts';
import { isKind, type ResourceOf } from '../resource.ts';
import { INVITE_REPLY, replyToInvite, SHARE, shareCalendar } from '../share.ts';
import { splitResource } from '../split.ts';
import { me } from '../xml/names.ts';

/**
 * POST, RFC 9110 §9.3.3: a new member at the Add-Member URI (RFC 5995), many resources at the calendar itself, managed
 * attachments at an object (RFC 8607), a recurring object in two (caldav-recursplit), sharees of a calendar and the answers to invitations at a
 * home (caldav-sharing), questions for busy time at an outbox (RFC 6638 §5). Can raise: what PUT can, max-resources, max-bytes, max-attachment-size, max-attachments-per-resource, valid-action-parameter,
 * valid-rid-parameter, valid-managed-id-parameter, invalid-split, what subscribeToPush can, 400, 404, 415.
 */
export const post: Method = {
  name: 'POST',
  on: ['home', 'calendar', 'inbox', 'outbox', 'notification', 'object'],
  creates: true,
  run(request) {
    const { target } = request;
    if (target.kind === 'calendar') return postToCalendar(request, target);
    if (target.kind === 'object') {
      // What somebody put there does not stand in the way of whoever makes members.
      if (target.object.name === ADD_MEMBER && !request.query.has('action')) {
        const href = collectionHref(target.collection);
        return addMember(request, { ...target, kind: 'calendar', href });
      }
      return request.query.get('action') === 'split'
        ? splitResource(request, target)
        : changeAttachments(request, target);
    }
    if (target.kind !== 'missing' && isKind(target, PUSH_KINDS)) return postToCollection(request, target);
    if (target.kind === 'missing' && target.name === ADD_MEMBER && target.parent?.kind === 'calendar') {
      return addMember(request, target.parent);
    }
    requirePrivilege(target.privileges, 'read', target.href);
    throw new BadRequest('There is no such resource', { status: 404 });
  },
};

/** What is sent to a calendar is told by its type, and XML by its root element. */
async function postToCalendar(request: DavRequest, calendar: ResourceOf<'calendar'>): Promise<DavAnswer> {
  const contentType = request.headers['content-type'];
  if (contentType !== undefined && formatOf(contentType) !== undefined) {
    requirePrivilege(calendar.privileges, 'bind', calendar.href);
    return storeMany(request, calendar);
  }
  const body = await readXml(request);
  if (body?.name === PUSH_REGISTER) return subscribeToPush(request, calendar, body);
  if (body?.name === SHARE) return shareCalendar(request, calendar, body);
  if (isPublishing(body)) return publish(request, calendar, body);
  requirePrivilege(calendar.privileges, 'bind', calendar.href);
  if (body?.name === me('multiput')) return multiput(request, calendar, body);
  throw unknownBody();
}

/** To any other collection: what every one that can be subscribed to takes. */
async function postToCollection(
  request: DavRequest,
  collection: ResourceOf<(typeof PUSH_KINDS)[number]>,
): Promise<DavAnswer> {
  if (collection.kind === 'outbox' && isSchedulingMessage(request)) return askBusyTime(request, collection);
  const body = await readXml(request);
  if (body?.name === PUSH_REGISTER) return subscribeToPush(request, collection, body);
  if (body?.name === INVITE_REPLY && collection.kind === 'home') return replyToInvite(request, collection, body);
  throw unknownBody();
}

const unknownBody = (): BadRequest => new BadRequest('The body is nothing that is known here', { status: 415 });
