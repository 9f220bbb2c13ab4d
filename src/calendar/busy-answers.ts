import type { Actor } from '../auth/actor.ts';
import { Refusal } from '../base/refusal.ts';
import { inTurns } from '../base/turns.ts';
import { propertyOf } from '../ical/component.ts';
import type { BusyPeriod } from '../ical/freebusy.ts';
import { P } from '../ical/names.ts';
import { parsingCalendar } from '../ical/parse.ts';
import type { TimeRange } from '../ical/time-value.ts';
import type { Zone } from '../ical/timezone.ts';
import type { IsMe } from '../itip/address.ts';
import { keyedByUid } from '../store/objects.ts';
import { accessIn, type HomeAccess } from './access.ts';
import { collectionsOf } from './collections.ts';
import type { CalendarContext } from './context.ts';
import { isFault } from './fault.ts';
import { busyTimeOf, countsAsBusy, createBusyWork, type BusyWork } from './free-busy.ts';
import type { CalendarObject, Collection, Principal } from './model.ts';
import { floatingZoneOf } from './zone.ts';

export interface SeenBusy {
  readonly access: HomeAccess;
  readonly collections: readonly Collection[];
}

/**
 * The collections of a person that tell an actor when they are busy; undefined: nothing may be told. Either the calendars
 * that the actor may see the free-busy of (RFC 4791 §6.1.1), or all that count, for whom the person lets ask
 * (CALDAV:schedule-query-freebusy on the inbox, RFC 6638 §6.1.4).
 */
export async function busyCollections(
  context: CalendarContext,
  actor: Actor,
  ownerId: string,
): Promise<SeenBusy | undefined> {
  const access = await accessIn(context, actor, ownerId);
  const all = await collectionsOf(context, ownerId);
  const inbox = all.find(({ kind }) => kind === 'inbox');
  const mayAsk = inbox !== undefined && access.on(inbox).has('schedule-query-freebusy');
  const counted = all.filter(countsAsBusy);
  const collections = mayAsk ? counted : counted.filter((each) => access.on(each).has('read-free-busy'));
  const isTold = mayAsk || collections.length > 0 || access.home.has('read-free-busy');
  return isTold ? { access, collections } : undefined;
}

/** A question for the busy time of several people (RFC 6638 §5). */
export interface BusyQuestion {
  /** As whom is asked: what this one may see, is told. */
  readonly actor: Actor;
  /** Whether an address is one of theirs. */
  readonly isAsker: IsMe;
  readonly range: TimeRange;
  /** The UID of the event that is being moved: its time does not count, where the asker may know of it. */
  readonly maskedUid: string | undefined;
}

export type BusyAnswer =
  | { readonly told: 'busy'; readonly periods: readonly BusyPeriod[] }
  /** Nobody that is known; no right to ask; nobody with a calendar; too much work, or data that cannot be read. */
  | { readonly told: 'unknown' | 'denied' | 'no-calendar' | 'unavailable' };

/** The share of the whole work that one person's calendars may take: a slow one leaves enough for all others. */
const SHARE = 1 / 20;

/** Answers for one person after the other, within the bounds of one request for all of them. */
export function createBusyAnswers(
  context: CalendarContext,
  question: BusyQuestion,
): (person: Principal | undefined) => Promise<BusyAnswer> {
  const whole = createBusyWork(context);
  const share = whole.left * SHARE;
  let periodsLeft = context.limits.expandInstances;
  return async (person) => {
    if (whole.turns.isDue()) await whole.turns.take();
    if (person === undefined) return { told: 'unknown' };
    if (person.kind === 'group') return { told: 'no-calendar' };
    const seen = await busyCollections(context, question.actor, person.id);
    // Where there is no directory, who may not see somebody is not told that they exist.
    if (seen === undefined) return { told: context.settings.directory === 'off' ? 'unknown' : 'denied' };
    const most = Math.min(share, whole.left);
    const work = { turns: whole.turns, left: most };
    const answer = await answerFor(context, { question, person, seen, work });
    whole.left -= most - Math.max(0, work.left);
    if (answer.told !== 'busy') return answer;
    if (answer.periods.length > periodsLeft) return { told: 'unavailable' };
    periodsLeft -= answer.periods.length;
    return answer;
  };
}

interface Asked {
  readonly question: BusyQuestion;
  readonly person: Principal;
  readonly seen: SeenBusy;
  readonly work: BusyWork;
}

async function answerFor(context: CalendarContext, asked: Asked): Promise<BusyAnswer> {
  const { question, person, seen, work } = asked;
  const floatingOf = (collection: Collection): Zone => floatingZoneOf(context, collection, person);
  const { maskedUid: uid, range } = question;
  const maskedIn =
    uid === undefined ? undefined : (collection: Collection) => maskedKeys(context, { ...asked, collection, uid });
  try {
    const { collections } = seen;
    return { told: 'busy', periods: await busyTimeOf(context, { collections, range, floatingOf, maskedIn, work }) };
  } catch (error) {
    if (error instanceof Refusal) return { told: 'unavailable' };
    throw error;
  }
}

/**
 * What the mask hides. When an event is, is known to who may read it and to its organizer: for others, the difference
 * between two answers would tell it.
 */
async function maskedKeys(
  { store }: CalendarContext,
  { question, person, seen, work, collection, uid }: Asked & { readonly collection: Collection; readonly uid: string },
): Promise<ReadonlySet<number>> {
  const found = await keyedByUid(store.db, collection.id, uid);
  if (found === undefined) return new Set();
  const isKnown =
    question.actor.id === person.id ||
    seen.access.on(collection).has('read') ||
    (await isOrganizedBy(question.isAsker, found.object, work));
  return new Set(isKnown ? [found.key] : []);
}

async function isOrganizedBy(isAsker: IsMe, { octets }: CalendarObject, { turns }: BusyWork): Promise<boolean> {
  try {
    const { components } = await inTurns(parsingCalendar(octets), turns);
    return components.some((component) => {
      const organizer = propertyOf(component, P.ORGANIZER);
      return organizer !== undefined && isAsker(organizer.value);
    });
  } catch (error) {
    if (isFault(error)) return false;
    throw error;
  }
}
