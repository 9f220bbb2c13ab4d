import { propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { escapeText } from '../ical/text.ts';
import type { Instant } from '../ical/time-value.ts';
import { attendeeOf, partstatOf, type IsMe } from '../itip/address.ts';
import { plain, withParam, withProperties, withProperty } from '../itip/component-edit.ts';
import { MASTER, type InstanceKey } from '../itip/instance-key.ts';
import { makeReply, type ReplyPart } from '../itip/make-reply.ts';
import { makeCalendar, type ItipMessage } from '../itip/message.ts';
import { byKey, componentsOf, derivedInstance, readSeries, type Series } from '../itip/series.ts';
import type { BookingDecision, InstanceDecision } from './room-decision.ts';
import type { RoomPartstat, RoomReason } from './room-policy.ts';
import { sentenceOf } from './room-sentence.ts';

export interface RoomAnswer {
  /** What was invited to, with the room's answers in it: as it is put into the room's calendar. */
  readonly calendar: Component;
  /** For the organizer; undefined: there is nothing to tell. */
  readonly reply: ItipMessage | undefined;
}

interface Part {
  readonly key: InstanceKey;
  readonly component: Component;
  readonly partstat: RoomPartstat;
  readonly reason: RoomReason | undefined;
}

/** The answer that most instances have stands in the master; of two that as many have, the first of these. */
const FIRST: readonly RoomPartstat[] = ['ACCEPTED', 'TENTATIVE', 'DECLINED', 'NEEDS-ACTION'];

export interface RoomAnswering {
  readonly room: IsMe;
  readonly now: Instant;
  /** What else there is, in words, for who is refused. */
  readonly wayOut?: string | undefined;
}

/**
 * Puts a decision into what the room was invited to, and makes the REPLY (RFC 5546 §3.2.3). A series has the answer of most of
 * its days in the master and the other days as overrides; what is not decided yet is as the master. REQUEST-STATUS
 * says success also of what is declined: the request was understood, and the organizer's SCHEDULE-STATUS is made of it.
 * A COMMENT says why. TRANSP of the copy follows the answer: what is not accepted leaves the room free.
 */
export function answerOf(
  calendar: Component,
  decision: BookingDecision,
  { room, now, wayOut }: RoomAnswering,
): RoomAnswer {
  const series = readSeries(calendar);
  if (series === undefined) return { calendar, reply: undefined };
  const parts = partsOf(series, decision, room);
  const components = new Map(byKey(series));
  for (const { key, component, partstat } of parts) components.set(key, answered(component, room, partstat));
  const whole = componentsOf({
    master: components.get(MASTER),
    overrides: new Map([...components].filter(([key]) => key !== MASTER)),
  });
  const told = decision.isAnswered ? parts.map((part) => replyPart(part, wayOut)) : [];
  return {
    calendar: makeCalendar(calendar.properties, whole, [calendar]),
    reply: makeReply(told, [calendar], { me: room, now, requestStatus: '2.0;Success' }),
  };
}

function partsOf(series: Series, decision: BookingDecision, room: IsMe): readonly Part[] {
  const { master, overrides } = series;
  const isInvited = (component: Component): boolean => attendeeOf(component, room) !== undefined;
  const main = master !== undefined && isInvited(master) ? mainAnswer(decision.instances) : undefined;
  const parts: Part[] = [];
  if (master !== undefined && main !== undefined) {
    const [first] = decision.instances.filter((each) => each.partstat === main && !isOfDay(each.reason));
    parts.push({ key: MASTER, component: master, partstat: main, reason: first?.reason });
  }
  for (const { key, partstat, reason } of decision.instances) {
    if (key === MASTER) continue;
    const override = overrides.get(key);
    if (override === undefined && partstat === main) continue;
    const component = override ?? derivedInstance(series, key);
    if (component !== undefined && isInvited(component)) parts.push({ key, component, partstat, reason });
  }
  return parts;
}

/** What is over does not count, unless all is. */
function mainAnswer(instances: readonly InstanceDecision[]): RoomPartstat | undefined {
  const judged = instances.filter(({ reason }) => reason.code !== 'past');
  const counted = judged.length > 0 ? judged : instances;
  const countOf = (word: RoomPartstat): number => counted.filter(({ partstat }) => partstat === word).length;
  const most = Math.max(...FIRST.map(countOf));
  return most === 0 ? undefined : FIRST.find((word) => countOf(word) === most);
}

/** Reasons of one day are not said of the series. */
const isOfDay = ({ code }: RoomReason): boolean => code === 'unchanged' || code === 'past';

function answered(component: Component, room: IsMe, partstat: RoomPartstat): Component {
  const mine = attendeeOf(component, room);
  const asked = withProperties(component, (property) => {
    if (property !== mine) return property;
    const answer = partstatOf(property) === partstat ? property : withParam(property, 'PARTSTAT', partstat);
    return partstat === 'NEEDS-ACTION' ? answer : withParam(answer, 'RSVP', undefined);
  });
  if (propertyOf(asked, P.DTSTART) === undefined) return asked;
  const holds = partstat === 'ACCEPTED' || partstat === 'TENTATIVE';
  return withProperty(asked, plain(P.TRANSP, holds ? 'OPAQUE' : 'TRANSPARENT'));
}

function replyPart({ component, partstat, reason }: Part, wayOut: string | undefined): ReplyPart {
  const why = reason && sentenceOf(reason);
  const sentence = why === undefined || wayOut === undefined || partstat !== 'DECLINED' ? why : `${why} ${wayOut}`;
  const comments = sentence === undefined ? [] : [plain(P.COMMENT, escapeText(sentence))];
  return { component, partstat, comments };
}
