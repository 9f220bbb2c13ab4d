import { BadRequest } from '../../base/refusal.ts';
import { requirePrivilege } from '../../calendar/access.ts';
import { changeAttachments } from '../attachment.ts';
import { addMember } from '../add-member.ts';
import { storeMany } from '../bulk.ts';
import { formatOf } from '../calendar-format.ts';
import { ADD_MEMBER } from '../hrefs.ts';
import type { DavAnswer, DavRequest, Method } from '../method.ts';
import { multiput } from '../multiput.ts';
import { readXml } from '../read-xml.ts';
import type { ResourceOf } from '../resource.ts';
import { me } from '../xml/names.ts';

/**
 * POST, RFC 9110 §9.3.3: a new member at the Add-Member URI (RFC 5995), many resources at the calendar itself, managed
 * attachments at an object (RFC 8607). Can raise: what PUT can, max-resources, max-bytes, max-attachment-size,
 * max-attachments-per-resource, valid-action-parameter, valid-rid-parameter, valid-managed-id-parameter, 400, 404, 415.
 */
export const post: Method = {
  name: 'POST',
  on: ['calendar', 'object'],
  creates: true,
  run(request) {
    const { target } = request;
    if (target.kind === 'calendar') return postToCalendar(request, target);
    if (target.kind === 'object') return changeAttachments(request, target);
    if (target.kind === 'missing' && target.name === ADD_MEMBER && target.parent?.kind === 'calendar') {
      return addMember(request, target.parent);
    }
    requirePrivilege(target.privileges, 'read', target.href);
    throw new BadRequest('There is no such resource', { status: 404 });
  },
};

/** What is sent to a calendar is told by its type, and XML by its root element. */
async function postToCalendar(request: DavRequest, calendar: ResourceOf<'calendar'>): Promise<DavAnswer> {
  requirePrivilege(calendar.privileges, 'bind', calendar.href);
  const contentType = request.headers['content-type'];
  if (contentType !== undefined && formatOf(contentType) !== undefined) return storeMany(request, calendar);
  const body = await readXml(request);
  if (body?.name === me('multiput')) return multiput(request, calendar, body);
  throw new BadRequest('The body is nothing that is known here', { status: 415 });
}
