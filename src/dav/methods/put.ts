import { BadRequest } from '../../base/refusal.ts';
import { putObject } from '../../calendar/put-object.ts';
import { hasOwnParts } from '../../calendar/put-through-mount.ts';
import { requirePrivilege } from '../../calendar/access.ts';
import { attendeeStateOf, readCalendarBody, writtenAnswer } from '../calendar-body.ts';
import { filePlace, putFileAt } from '../file.ts';
import type { DavRequest, Method } from '../method.ts';
import { checkTarget, writeCheck } from '../write-check.ts';
import { isKind, type ResourceOf } from '../resource.ts';

/**
 * PUT of a calendar object resource, RFC 4791 §5.3.2, or of a file into a plain collection. Can raise: supported-calendar-data, valid-calendar-data,
 * valid-calendar-object-resource, supported-calendar-component, no-uid-conflict, max-resource-size,
 * max-attendees-per-instance, no-external-entities, quota-not-exceeded, lock-token-submitted, need-privileges, 409 without a parent, 412.
 */
export const put: Method = {
  name: 'PUT',
  on: ['object'],
  creates: true,
  async run(request) {
    const { context } = request;
    const file = filePlace(request.target);
    if (file !== undefined) return putFileAt(request, file);
    const { calendar, name } = memberOf(request);
    checkTarget(request);
    const sent = await readCalendarBody(request);
    const written = await putObject(context.calendar, {
      actor: context.actor,
      owner: calendar.owner,
      collection: calendar.collection,
      name,
      octets: sent.octets,
      check: writeCheck(request),
      unchanged: request.unchanged,
      locks: request.locks,
      attendeeState: attendeeStateOf(request),
    });
    return writtenAnswer(request, written, sent);
  },
};

interface Member {
  readonly calendar: ResourceOf<'calendar'>;
  readonly name: string;
}

/** The calendar and the name that the URL means; the answers for a URL where no object can be. */
function memberOf({ target }: DavRequest): Member {
  // A sharee has alarms of an object that the sharee may only read, as the sharee has properties: see putObject.
  const needed = target.kind === 'object' && hasOwnParts(target.collection) ? 'write-properties' : 'write-content';
  requirePrivilege(target.privileges, target.kind === 'missing' ? 'bind' : needed, target.href);
  if (target.kind === 'object') {
    const { collection, owner, privileges, href } = target;
    if (collection.kind !== 'calendar') throw new BadRequest('Objects are put into calendars only', { status: 403 });
    return { calendar: { kind: 'calendar', collection, owner, privileges, href }, name: target.object.name };
  }
  if (target.kind !== 'missing') throw new BadRequest('A collection cannot be replaced by PUT', { status: 405 });
  if (target.parent === undefined) throw new BadRequest('The parent collection does not exist', { status: 409 });
  if (!isKind(target.parent, ['calendar']))
    throw new BadRequest('Objects are put into calendars only', { status: 403 });
  return { calendar: target.parent, name: target.name };
}
