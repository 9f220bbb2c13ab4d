import { propertiesOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import type { Instant } from '../ical/time-value.ts';
import { attendeeOf, isOneOf, type IsMe } from './address.ts';
import { plain, utcText, withoutParams, withParam } from './component-edit.ts';
import { SCHEDULE_PARAMS } from './copy.ts';
import { delegatesIn } from './delegation.ts';
import { makeMessage, type ItipMessage } from './message.ts';
import { privateCommentOf } from './private-comments.ts';

/** Properties of the component that an answer repeats, so that its receiver knows what it was for (RFC 5546 §3.2.3). */
const REPEATED: ReadonlySet<string> = new Set([
  ...[P.UID, P['RECURRENCE-ID'], P.SEQUENCE, P.DTSTART, P.DTEND, P.DUE, P.DURATION, P.SUMMARY],
]);
const REPEATED_OF_TASK: ReadonlySet<string> = new Set([P.STATUS, P['PERCENT-COMPLETE'], P.COMPLETED]);

export interface ReplyContext {
  readonly me: IsMe;
  readonly now: Instant;
  /** What RFC 5546 §3.6 calls it; success where nothing is said. */
  readonly requestStatus?: string;
}

/** One part of an answer. */
export interface ReplyPart {
  /** The component as the attendee has it. */
  readonly component: Component;
  /** Another answer than the component says: of a day that was taken out, DECLINED. */
  readonly partstat?: string;
  /** A word for the organizer. */
  readonly comments?: readonly Property[];
}

/** The attendee's answer to one or more components of a UID; undefined where he is in none. */
export function makeReply(
  parts: readonly ReplyPart[],
  zones: readonly Component[],
  context: ReplyContext,
): ItipMessage | undefined {
  const components = parts.flatMap((part) => replyComponent(part, context) ?? []);
  return components.length === 0 ? undefined : makeMessage('REPLY', components, zones);
}

function replyComponent(
  { component, partstat, comments = [] }: ReplyPart,
  context: ReplyContext,
): Component | undefined {
  const { me, now, requestStatus = '2.0;Success' } = context;
  const attendee = attendeeOf(component, me);
  const organizer = propertyOf(component, P.ORGANIZER);
  if (attendee === undefined || organizer === undefined) return undefined;
  // An answer without it says that there is none any more (caldav-privatecomments §3.2).
  const told = privateCommentOf(component);
  const isTask = component.name === 'VTODO';
  const repeated = component.properties.filter(
    ({ name }) => REPEATED.has(name) || (isTask && REPEATED_OF_TASK.has(name)),
  );
  const own = withoutParams(partstat === undefined ? attendee : withParam(attendee, 'PARTSTAT', partstat), [
    ...SCHEDULE_PARAMS,
    'RSVP',
  ]);
  const delegates = delegatesIn(own, 'DELEGATED-TO').flatMap((to) =>
    propertiesOf(component, P.ATTENDEE).filter(({ value }) => isOneOf(to)(value)),
  );
  const properties = [
    ...repeated,
    plain(P.DTSTAMP, utcText(now)),
    withoutParams(organizer, SCHEDULE_PARAMS),
    own,
    ...delegates.map((each) => withoutParams(each, SCHEDULE_PARAMS)),
    ...comments,
    ...(told === undefined ? [] : [told]),
    plain(P['REQUEST-STATUS'], requestStatus),
  ];
  return { name: component.name, properties, components: [], line: 0 };
}
