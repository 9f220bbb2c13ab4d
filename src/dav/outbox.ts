import type { Actor } from '../auth/actor.ts';
import { DAY } from '../base/clock.ts';
import { Refusal } from '../base/refusal.ts';
import { createTurns, inTurns } from '../base/turns.ts';
import { requirePrivilege } from '../calendar/access.ts';
import { createBusyAnswers, type BusyAnswer } from '../calendar/busy-answers.ts';
import type { Principal } from '../calendar/model.ts';
import { addressKey, isOneOf } from '../itip/address.ts';
import { makeBusyReply, readBusyRequest, type BusyRequest } from '../itip/free-busy.ts';
import { messageText, readMessage } from '../itip/message.ts';
import { propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { parsingCalendar } from '../ical/parse.ts';
import { readCalendarBody } from './calendar-body.ts';
import { formatOf, negotiated, type CalendarFormat } from './calendar-format.ts';
import { calendarUser } from './calendar-user.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import { XML_TYPE } from './multistatus-answer.ts';
import { userAddresses } from './principal-addresses.ts';
import { calendarDataElement } from './report-data.ts';
import type { ResourceOf } from './resource.ts';
import { caldav, dav } from './xml/names.ts';
import type { Xml } from './xml/node.ts';
import { document, el, href, join, text } from './xml/write.ts';

/** Whether a body sent to an outbox is to be calendar data: whatever is not plain XML, which says more of itself. */
export function isSchedulingMessage({ headers }: Pick<DavRequest, 'headers'>): boolean {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return type !== 'application/xml' && type !== 'text/xml';
}

/** iTIP status of each answer (RFC 5546 §3.6). */
const STATUS = {
  busy: '2.0;Success',
  unknown: '3.7;Invalid calendar user',
  denied: '3.8;No authority',
  unavailable: '5.1;Service unavailable',
  'no-calendar': '5.3;No scheduling support for user',
} as const satisfies Record<BusyAnswer['told'], string>;

/**
 * A question for the busy time of several people, RFC 6638 §5: 200 with a CALDAV:schedule-response. Can raise:
 * need-privileges, supported-calendar-data, max-resource-size, valid-calendar-data, valid-scheduling-message,
 * valid-organizer, max-attendees-per-instance, number-of-matches-within-limits.
 */
export async function askBusyTime(request: DavRequest, outbox: ResourceOf<'outbox'>): Promise<DavAnswer> {
  requirePrivilege(outbox.privileges, 'schedule-send-freebusy', outbox.href);
  const asked = await readQuestion(request, outbox);
  const { calendar } = request.context;
  const { range, maskedUid } = asked;
  const isAsker = isOneOf(...userAddresses(outbox.owner));
  const actor = asOwner(request.context.actor, outbox.owner);
  const answerOf = createBusyAnswers(calendar, { actor, isAsker, range, maskedUid });
  const format = negotiated(request.headers.accept, formatOf(request.headers['content-type'] ?? ''));
  const form = { asked, format, now: calendar.clock() };
  const responses: Xml[] = [];
  for (const attendee of asked.attendees) {
    const answer = await answerOf(await calendarUser(request, attendee.value.trim()));
    responses.push(await responseFor(attendee, answer, form));
  }
  const body = document(el(caldav('schedule-response'), join(...responses)));
  return { status: 200, headers: { 'Content-Type': XML_TYPE }, body };
}

/** Who sends for another sees what that one may see, and no more: not what an administrator is shown. */
const asOwner = (actor: Actor, { id }: Principal): Actor =>
  actor.id === id ? actor : { ...actor, id, admin: false, adminReadOnly: false };

async function readQuestion(request: DavRequest, outbox: ResourceOf<'outbox'>): Promise<BusyRequest> {
  const { octets } = await readCalendarBody(request);
  const message = await inTurns(parsingCalendar(octets), createTurns());
  await requireOrganizer(request, outbox.owner, message);
  const reading = readMessage(message);
  const asked = 'fault' in reading ? reading : readBusyRequest(reading.message);
  if ('fault' in asked) throw new Refusal('valid-scheduling-message', `Not a request for busy time: ${asked.fault}`);
  const { attendees, range } = asked.request;
  const { attendeesPerInstance, freeBusyDays } = request.context.calendar.limits;
  if (attendees.length > attendeesPerInstance)
    throw new Refusal('max-attendees-per-instance', `At most ${attendeesPerInstance} attendees`);
  if (range.end - range.start > freeBusyDays * DAY)
    throw new Refusal('number-of-matches-within-limits', `At most ${freeBusyDays} days at once`);
  return { ...asked.request, attendees: eachOnce(attendees) };
}

/** RFC 6638 §5.2.2: the owner of the outbox, whoever sends. That there is one, and one only, readMessage asks. */
async function requireOrganizer(request: DavRequest, owner: Principal, { components }: Component): Promise<void> {
  const [organizer] = components.flatMap((component) => propertyOf(component, P.ORGANIZER) ?? []);
  if (organizer === undefined) return;
  if ((await calendarUser(request, organizer.value.trim()))?.id === owner.id) return;
  throw new Refusal('valid-organizer', 'The ORGANIZER is not the owner of this outbox');
}

const eachOnce = (attendees: readonly Property[]): readonly Property[] => [
  ...new Map(attendees.map((attendee) => [addressKey(attendee.value), attendee])).values(),
];

interface Form {
  readonly asked: BusyRequest;
  readonly format: CalendarFormat;
  readonly now: number;
}

/** CALDAV:response, RFC 6638 §10.2. */
async function responseFor(attendee: Property, answer: BusyAnswer, form: Form): Promise<Xml> {
  const { asked, format, now } = form;
  const status = STATUS[answer.told];
  const data =
    answer.told === 'busy'
      ? await calendarDataElement(messageText(makeBusyReply(asked, { attendee, periods: answer.periods, now })), format)
      : el(dav('responsedescription'), text(status.slice(status.indexOf(';') + 1)));
  return el(
    caldav('response'),
    el(caldav('recipient'), href(attendee.value.trim())),
    el(caldav('request-status'), text(status)),
    data,
  );
}
