import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { requirePrivilege } from '../calendar/access.ts';
import { deleteObject } from '../calendar/delete-object.ts';
import type { Collection, ObjectHead } from '../calendar/model.ts';
import { newMemberName } from './add-member.ts';
import { settled, tooMany, write } from './bulk.ts';
import { icalendarOf } from './calendar-format.ts';
import { localPath } from './destination.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import { multistatusAnswer } from './multistatus-answer.ts';
import { segmentsOf } from './path.ts';
import { formatOfData } from './reports/calendar-data-xml.ts';
import type { ResourceOf } from './resource.ts';
import { checkTarget } from './write-check.ts';
import type { DavResponse } from './xml/multistatus.ts';
import { caldav, dav, me } from './xml/names.ts';
import type { XmlNode } from './xml/node.ts';
import { childOf, childrenOf } from './xml/parse.ts';

/** One MM:resource: without an href a new one, with DAV:set stored, with MM:delete removed. */
interface Instruction {
  readonly href: string | undefined;
  /** Entity tag that the resource must have, with its quotes. */
  readonly ifMatch: string | undefined;
  readonly data: XmlNode | undefined;
}

/**
 * MM:multiput (calendarserver.org's "crud" bulk request): resources of one calendar that are made, changed and removed
 * in order, each in a transaction of its own, with its own condition and its own answer.
 */
export function multiput(request: DavRequest, calendar: ResourceOf<'calendar'>, body: XmlNode): Promise<DavAnswer> {
  checkTarget(request);
  const { bulkResources } = request.context.calendar.limits;
  const resources = childrenOf(body, me('resource'));
  if (resources.length > bulkResources) throw tooMany(bulkResources);
  return multistatusAnswer(request, responses(request, calendar, resources.map(instructionOf)));
}

function instructionOf(node: XmlNode): Instruction {
  const set = childOf(node, dav('set'));
  const isDeletion = childOf(node, me('delete')) !== undefined;
  const href = childOf(node, dav('href'))?.text.trim();
  const ifMatch = childOf(node, me('if-match'));
  if ((set === undefined) !== isDeletion || (isDeletion && href === undefined)) {
    throw new BadRequest('An MM:resource holds DAV:set, or DAV:href and MM:delete');
  }
  const data = set && dataOf(set);
  if (set !== undefined && data === undefined) throw new BadRequest('DAV:set holds CALDAV:calendar-data');
  return { href, data, ifMatch: ifMatch && (childOf(ifMatch, dav('getetag')) ?? ifMatch).text.trim() };
}

const dataOf = (set: XmlNode): XmlNode | undefined =>
  childOf(childOf(set, dav('prop')) ?? set, caldav('calendar-data'));

async function* responses(
  request: DavRequest,
  calendar: ResourceOf<'calendar'>,
  instructions: readonly Instruction[],
): AsyncGenerator<DavResponse, void> {
  let { unchanged } = request;
  for (const instruction of instructions) {
    const href = instruction.href ?? calendar.href;
    yield await settled(href, undefined, () => carryOut(request, calendar, { ...instruction, unchanged }));
    // What the If header was compared with is held to by the first: it changes the calendar itself.
    unchanged = [];
  }
}

interface Step extends Instruction {
  readonly unchanged: readonly Collection[];
}

async function carryOut(
  request: DavRequest,
  calendar: ResourceOf<'calendar'>,
  { href, data, ifMatch, unchanged }: Step,
): Promise<DavResponse> {
  const { actor, calendar: context } = request.context;
  const name = href === undefined ? newMemberName() : memberName(request, calendar, href);
  const check = (current: ObjectHead | undefined): void => {
    if (ifMatch !== undefined && (current === undefined || ifMatch !== `"${current.etag}"`)) {
      throw new ConditionFailed('The resource has another entity tag');
    }
    if (current === undefined) requirePrivilege(calendar.privileges, 'bind', calendar.href);
  };
  if (data === undefined) {
    const { collection } = calendar;
    requirePrivilege(calendar.privileges, 'unbind', calendar.href);
    await deleteObject(context, { actor, collection, name, check, unchanged, locks: request.locks });
    return { href: href ?? calendar.href, status: 200 };
  }
  const format = formatOfData(data);
  const octets = await icalendarOf(Buffer.from(data.text), format, context.limits);
  return write(request, { calendar, name, octets, format, unchanged, check });
}

/** The last segment of an href whose other segments are the calendar's. */
function memberName({ context, headers }: DavRequest, calendar: ResourceOf<'calendar'>, href: string): string {
  const path = localPath(href, { publicUrl: context.publicUrl, host: headers.host });
  const segments = path === undefined ? [] : segmentsOf(path);
  const parent = segmentsOf(calendar.href);
  const name = segments.at(-1);
  if (name !== undefined && segments.length === parent.length + 1 && parent.every((part, at) => part === segments[at]))
    return name;
  throw new Refusal('need-privileges', 'Only resources of this calendar are changed here', {
    href,
    privilege: 'write-content',
  });
}
