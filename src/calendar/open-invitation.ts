import { createTurns } from '../base/turns.ts';
import { paramOf, propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import type { Instance } from '../ical/recurrence.ts';
import { unescapeText } from '../ical/text.ts';
import type { Instant, TimeValue } from '../ical/time-value.ts';
import type { Zone } from '../ical/timezone.ts';
import {
  attendeeOf,
  attendeesOf,
  isOneOf,
  isSameAddress,
  organizerOf,
  partstatOf,
  type IsMe,
} from '../itip/address.ts';
import { copyComponents, copyFor } from '../itip/copy.ts';
import { MASTER, type InstanceKey } from '../itip/instance-key.ts';
import { makeCalendar, PRODID } from '../itip/message.ts';
import { plain } from '../itip/component-edit.ts';
import { isCancelled } from '../itip/personal.ts';
import { attendeeCommentOf } from '../itip/private-comments.ts';
import { instanceOf, readSeries, type Series } from '../itip/series.ts';
import { partIn } from '../scheduling/role.ts';
import { objectsOfUid } from '../store/scheduling.ts';
import { calendarUser } from './calendar-users.ts';
import { collectionWithId } from './collections.ts';
import type { CalendarContext } from './context.ts';
import { isFault } from './fault.ts';
import { invitedTimes } from './invited-days.ts';
import { invitationByAnswerToken } from './mail-tokens.ts';
import { parsedObject } from './parsed.ts';
import { getPrincipal } from './principals.ts';
import { floatingZoneOf } from './zone.ts';

/** What somebody has answered. */
export type AnswerState = 'NEEDS-ACTION' | 'ACCEPTED' | 'TENTATIVE' | 'DECLINED' | 'DELEGATED';

/** When something is: instants to compare with, and values as they are written. */
export interface InvitedTime {
  readonly start: Instant;
  readonly end: Instant;
  readonly startValue: TimeValue | undefined;
  readonly endValue: TimeValue | undefined;
}

/** One of the days of a series to which the recipient is invited. */
export interface InvitedDay {
  readonly key: InstanceKey;
  readonly time: InvitedTime;
  readonly answer: AnswerState;
  readonly isCancelled: boolean;
}

export interface InvitedPerson {
  readonly address: string;
  /** '' where only the address is known. */
  readonly name: string;
}

/** An invitation by mail as its recipient may see it: no word of it is of anybody's but the organizer's object. */
export interface Invitation {
  readonly homeId: string;
  readonly uid: string;
  /** Who is invited, as ATTENDEE has it. */
  readonly me: InvitedPerson;
  readonly organizer: InvitedPerson;
  /** `over`: a day after its last instance; what it said is not shown any more. */
  readonly state: 'open' | 'cancelled' | 'over';
  /** VEVENT, VTODO or VJOURNAL. */
  readonly kind: string;
  /** What its words are taken from: the master, or the next of the single days. */
  readonly event: Component;
  /** The next instance, or the last one; undefined for a task without any time. */
  readonly time: InvitedTime | undefined;
  /** Of the whole. */
  readonly answer: AnswerState;
  /** How many come with him, as he has said. */
  readonly guests: number;
  /** What he has told the organizer with his answer. */
  readonly comment: string;
  /** Whether there are several days to choose from. */
  readonly isSeries: boolean;
  /** The days to come, a bounded number of them; none for what does not recur. */
  readonly days: readonly InvitedDay[];
  readonly hasMoreDays: boolean;
  /** Others who are invited, where guests see each other. */
  readonly others: readonly (InvitedPerson & { readonly answer: AnswerState })[];
  readonly otherCount: number;
  /** The recipient's own copy. */
  readonly copy: Series;
  /** The zone of floating times and dates. */
  readonly floating: Zone;
  /** IANA zone and language of the recipient, as far as the page was told. */
  readonly zone: string | undefined;
  readonly language: string | undefined;
}

/** People who are named. */
const MOST_PEOPLE = 50;

/**
 * The invitation of a token in the link of a mail; undefined where there is none, it was taken back, or there is no such event
 * any more: nobody can tell one from the other. It only reads.
 */
export async function openInvitation(context: CalendarContext, token: string): Promise<Invitation | undefined> {
  const { store } = context;
  const mailed = await invitationByAnswerToken(context, token);
  if (mailed === undefined) return undefined;
  const owner = await getPrincipal(context, mailed.homeId);
  if (owner === undefined) return undefined;
  const isOwner = calendarUser(owner).me;
  const found = await objectsOfUid(store.db, mailed.homeId, mailed.uid);
  for (const object of found) {
    const calendar = readable(() => parsedObject(object));
    if (calendar === undefined || partIn(calendar, isOwner).role !== 'organizer') continue;
    const collection = await collectionWithId(context, object.collectionId);
    const series = readable(() => readSeries(calendar));
    if (collection === undefined || series === undefined) continue;
    const floating = floatingZoneOf(context, collection, owner);
    const invitation = await invitationIn(context, { mailed, series, floating });
    if (invitation !== undefined) return invitation;
  }
  return undefined;
}

/** What is stored and cannot be read any more invites nobody. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}

interface Mailed {
  readonly homeId: string;
  readonly uid: string;
  readonly recipient: string;
  readonly zone?: string | undefined;
  readonly language?: string | undefined;
}

interface Found {
  readonly mailed: Mailed;
  /** The organizer's. */
  readonly series: Series;
  readonly floating: Zone;
}

async function invitationIn(context: CalendarContext, found: Found): Promise<Invitation | undefined> {
  const { mailed, series, floating } = found;
  const me = isOneOf(mailed.recipient);
  const mine = copyFor(series, me);
  const copy = mine && copySeries(series, copyComponents(mine));
  if (copy === undefined) return undefined;
  const turns = createTurns();
  const times = await invitedTimes(context, { copy, floating, turns });
  const event = copy.master ?? times.next?.component ?? copyFirst(copy);
  const own = event && attendeeOf(event, me);
  if (event === undefined || own === undefined) return undefined;
  const organizer = propertyOf(event, P.ORGANIZER);
  const said = instanceOf(series, copy.master === undefined ? (times.days[0]?.key ?? MASTER) : MASTER);
  const all = [copy.master, ...copy.overrides.values()].flatMap((each) => each ?? []);
  const isOff = copy.master === undefined ? all.every(isCancelled) : isCancelled(copy.master);
  return {
    ...{ homeId: mailed.homeId, uid: mailed.uid, zone: mailed.zone, language: mailed.language },
    me: personOf(own),
    organizer: organizer === undefined ? { address: '', name: '' } : personOf(organizer),
    state: times.isOver ? 'over' : isOff ? 'cancelled' : 'open',
    kind: copy.kind,
    event,
    time: times.next,
    answer: answerOf(event, me),
    guests: guestsOf(own),
    comment: unescapeText((said && attendeeCommentOf(said, mailed.recipient)) ?? ''),
    isSeries: times.isSeries,
    days: times.days.map(({ key, instance }) => dayOf(key, instance, me)),
    hasMoreDays: times.hasMore,
    ...othersIn(event, me),
    copy,
    floating,
  };
}

const copyFirst = ({ overrides }: Series): Component | undefined => [...overrides.values()][0];

function copySeries(series: Series, components: readonly Component[]): Series | undefined {
  const head = [plain(P.VERSION, '2.0'), plain(P.PRODID, PRODID)];
  return readSeries(makeCalendar(head, components, [series.calendar]), { beside: series });
}

function dayOf(key: InstanceKey, instance: Instance, me: IsMe): InvitedDay {
  const { component, start, end, startValue, endValue } = instance;
  const time = { start, end, startValue, endValue };
  return { key, time, answer: answerOf(component, me), isCancelled: isCancelled(component) };
}

/** What an attendee has answered in a component. */
export function answerOf(component: Component, me: IsMe): AnswerState {
  const attendee = attendeeOf(component, me);
  const said = attendee === undefined ? '' : partstatOf(attendee);
  return ANSWERS.find((each) => each === said) ?? 'NEEDS-ACTION';
}

const ANSWERS: readonly AnswerState[] = ['ACCEPTED', 'TENTATIVE', 'DECLINED', 'DELEGATED'];

const guestsOf = (attendee: NonNullable<ReturnType<typeof attendeeOf>>): number => {
  const said = Number.parseInt(paramOf(attendee, 'X-NUM-GUESTS') ?? '0', 10);
  return Number.isFinite(said) && said > 0 ? said : 0;
};

function personOf(line: NonNullable<ReturnType<typeof attendeeOf>>): InvitedPerson {
  return { address: line.value, name: (paramOf(line, 'CN') ?? '').trim() };
}

function othersIn(event: Component, me: IsMe): Pick<Invitation, 'others' | 'otherCount'> {
  const organizer = organizerOf(event) ?? '';
  const lines = [...attendeesOf(event).values()].filter(({ value }) => !me(value) && !isSameAddress(value, organizer));
  const others = lines
    .slice(0, MOST_PEOPLE)
    .map((line) => ({ ...personOf(line), answer: answerOf(event, isOneOf(line.value)) }));
  return { others, otherCount: lines.length };
}
