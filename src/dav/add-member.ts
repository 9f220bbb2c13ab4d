import { newId } from '../base/ids.ts';
import { requirePrivilege } from '../calendar/access.ts';
import { putObject } from '../calendar/put-object.ts';
import { readCalendarBody, writtenAnswer } from './calendar-body.ts';
import { objectHref } from './hrefs.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import type { ResourceOf } from './resource.ts';
import { checkTarget, writeCheck } from './write-check.ts';

/** A name for a new member: not to be guessed, and none that another has. */
export const newMemberName = (): string => `${newId()}.ics`;

/**
 * POST to the Add-Member URI of a calendar, RFC 5995 §3.1: a PUT to a URL that is ours to choose. Can raise what PUT
 * can.
 */
export async function addMember(request: DavRequest, calendar: ResourceOf<'calendar'>): Promise<DavAnswer> {
  const { context, unchanged } = request;
  // RFC 5995 §5.
  requirePrivilege(calendar.privileges, 'bind', calendar.href);
  checkTarget(request);
  const sent = await readCalendarBody(request);
  const { collection, owner } = calendar;
  const name = newMemberName();
  const path = objectHref(collection, { name });
  const written = await putObject(context.calendar, {
    actor: context.actor,
    owner,
    collection,
    name,
    octets: sent.octets,
    check: writeCheck(request),
    unchanged,
    locks: request.locks,
  });
  const answer = await writtenAnswer({ ...request, path }, written, sent);
  return { ...answer, headers: { ...answer.headers, Location: path } };
}
