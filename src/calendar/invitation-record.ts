import type { Actor } from '../auth/actor.ts';
import { propertyOf, paramOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { unescapeText } from '../ical/text.ts';
import { addressKey, attendeesOf, organizerOf, partstatOf } from '../itip/address.ts';
import type { InstanceKey } from '../itip/instance-key.ts';
import { byKey, readSeries, type Series } from '../itip/series.ts';
import { partIn } from '../scheduling/role.ts';
import type { MailState } from '../store/mail-schema.ts';
import { homesOfUid } from '../store/homes-of-uid.ts';
import { mailsOf, type MailRow } from '../store/mail-messages.ts';
import { findPrincipal } from '../store/principals.ts';
import { objectsOfUid } from '../store/scheduling.ts';
import { requireInHome } from './access.ts';
import { calendarUser, knownUsers } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { eventsOf, type MailEvent } from './flight-recorder.ts';
import { parsedObject } from './parsed.ts';

/** A message to somebody elsewhere, as the ledger has it. */
export interface MessageRecord {
  readonly id: string;
  /** Of iTIP. */
  readonly method: string;
  /** Keys of the instances that it is about; '' is the whole. */
  readonly instances: readonly InstanceKey[];
  readonly sequence: number;
  /** How often the same was said before. */
  readonly resend: number;
  readonly why: string;
  readonly state: MailState;
  /** How often it was offered to the mail server. */
  readonly offers: number;
  /** UTC milliseconds. */
  readonly createdAt: number;
  readonly dueAt: number;
  readonly endedAt: number | undefined;
  /** What the mail server has said at last, or why it failed. */
  readonly outcome: string | undefined;
}

/** What is known of one person of a meeting. */
export interface PersonRecord {
  /** A calendar user address. */
  readonly address: string;
  readonly name: string | undefined;
  readonly place: 'here' | 'elsewhere';
  /** Whether the object names him, as attendee or, for who is invited, as organizer. */
  readonly isNamed: boolean;
  /** PARTSTAT by the key of the instance; '' is the whole. Empty of an organizer. */
  readonly answers: Readonly<Record<InstanceKey, string>>;
  /** SCHEDULE-STATUS, RFC 6638 §3.2.9, as the object has it. */
  readonly statuses: readonly string[];
  /** Whether the answer page was opened: only its script tells, so that nothing is known of those who have none. */
  readonly page: 'opened' | 'unknown';
  readonly messages: readonly MessageRecord[];
  /** The flight recorder, the oldest first. */
  readonly events: readonly Pick<MailEvent, 'at' | 'what' | 'detail' | 'messageId'>[];
}

/** All that is known of what was said about a meeting in somebody's name, and of what came of it. */
export interface InvitationRecord {
  readonly uid: string;
  readonly homeId: string;
  /** The part of the owner of the home; `none`: it is not, or no more, a meeting of theirs. */
  readonly role: 'organizer' | 'attendee' | 'none';
  readonly summary: string | undefined;
  /** A calendar user address. */
  readonly organizer: string | undefined;
  readonly people: readonly PersonRecord[];
}

interface Sources {
  readonly series: Series | undefined;
  readonly rows: readonly MailRow[];
  readonly events: readonly MailEvent[];
}

/**
 * The flight recorder of a meeting as its organizer, or somebody who is invited, has it; undefined: there is nothing of this
 * UID in the home, and was not. It names guests, so that only who may write in the home is told. Throws need-privileges.
 */
export async function invitationRecord(
  context: CalendarContext,
  actor: Actor,
  { homeId, uid }: { readonly homeId: string; readonly uid: string },
): Promise<InvitationRecord | undefined> {
  await requireInHome(context, actor, homeId, 'write-content');
  const { db } = context.store;
  const found = await objectsOfUid(db, homeId, uid);
  const mine = found.find(({ scheduleTag }) => scheduleTag !== undefined) ?? found[0];
  const calendar = mine && parsedObject(mine);
  const series = calendar && readSeries(calendar);
  const sources = { series, rows: await mailsOf(db, { homeId, uid }), events: await eventsOf(db, homeId, uid) };
  if (series === undefined && sources.rows.length === 0 && sources.events.length === 0) return undefined;
  const principal = await findPrincipal(db, homeId);
  const part = principal === undefined ? undefined : partIn(calendar, calendarUser(principal).me);
  const role = part?.role === 'organizer' || part?.role === 'attendee' ? part.role : 'none';
  const [first] = componentsIn(series);
  const named = role === 'attendee' ? organizerLines(series) : role === 'none' ? NOBODY : attendeeLines(series);
  const people = addressesOf(named, sources);
  const users = knownUsers(db);
  await users.lookUp([...people.values()]);
  return {
    ...{ uid, homeId, role, organizer: first && organizerOf(first) },
    summary: first && textOf(first, P.SUMMARY),
    people: [...people].map(([key, address]) =>
      personOf({ key, address, isHere: users.find(address) !== undefined, lines: named.get(key) ?? NO_LINES }, sources),
    ),
  };
}

function textOf(component: Component, name: string): string | undefined {
  const value = propertyOf(component, name)?.value;
  return value === undefined ? undefined : unescapeText(value);
}

/** Who may have organized a UID of this server: homes in which it is, or of which something was said. */
export const homesWithUid = ({ store }: CalendarContext, uid: string): Promise<readonly string[]> =>
  homesOfUid(store.db, uid);

/** Properties that name somebody, by the instance that they stand in. */
type Lines = ReadonlyMap<InstanceKey, Property>;
const NO_LINES: Lines = new Map();
type Named = ReadonlyMap<string, Lines>;
const NOBODY: Named = new Map();

const componentsIn = (series: Series | undefined): readonly Component[] =>
  series === undefined ? [] : [...byKey(series).values()];

function attendeeLines(series: Series | undefined): Named {
  const named = new Map<string, Map<InstanceKey, Property>>();
  const organizers = new Set(componentsIn(series).map((each) => addressKey(organizerOf(each) ?? '')));
  for (const [instance, component] of series === undefined ? [] : byKey(series)) {
    for (const [key, line] of attendeesOf(component)) {
      if (organizers.has(key)) continue;
      named.set(key, (named.get(key) ?? new Map<InstanceKey, Property>()).set(instance, line));
    }
  }
  return named;
}

function organizerLines(series: Series | undefined): Named {
  const [line] = componentsIn(series).flatMap((each) => propertyOf(each, P.ORGANIZER) ?? []);
  return line === undefined ? NOBODY : new Map([[addressKey(line.value), new Map([['', line]])]]);
}

/** Whom it is about: those whom the object names, then those who were told something and are not in it any more. */
function addressesOf(named: Named, { rows, events }: Sources): ReadonlyMap<string, string> {
  const people = new Map<string, string>();
  for (const [key, lines] of named) people.set(key, [...lines.values()][0]?.value ?? key);
  for (const { recipient } of [...rows.filter(isMessage), ...events]) {
    if (!people.has(addressKey(recipient))) people.set(addressKey(recipient), recipient);
  }
  return people;
}

/** What this server tells one of its own people by mail is none of the meeting's. */
const isMessage = ({ method }: MailRow): boolean => method !== 'NOTICE';

interface Person {
  readonly key: string;
  readonly address: string;
  readonly isHere: boolean;
  readonly lines: Lines;
}

function personOf({ key, address, isHere, lines }: Person, { rows, events }: Sources): PersonRecord {
  const attendees = [...lines].filter(([, { name }]) => name === P.ATTENDEE);
  const statuses = [...lines.values()].flatMap((line) => paramOf(line, 'SCHEDULE-STATUS')?.split(',') ?? []);
  const own = events.filter(({ recipient }) => addressKey(recipient) === key);
  return {
    ...{ address, name: [...lines.values()].map((line) => paramOf(line, 'CN')).find((name) => name !== undefined) },
    ...{ place: isHere ? 'here' : 'elsewhere', isNamed: lines.size > 0, statuses: [...new Set(statuses)] },
    answers: Object.fromEntries(attendees.map(([instance, line]) => [instance, partstatOf(line)])),
    page: own.some(({ what }) => what === 'opened') ? 'opened' : 'unknown',
    messages: rows.filter((row) => isMessage(row) && row.recipient_key === key).map(messageOf),
    events: own.map(({ at, what, detail, messageId }) => ({ at, what, detail, messageId })),
  };
}

const messageOf = (row: MailRow): MessageRecord => ({
  ...{ id: row.id, method: row.method, instances: row.instance.split(' '), sequence: row.sequence },
  ...{ resend: Math.max(0, row.resend), why: row.why, state: row.state, offers: row.offers },
  ...{ createdAt: row.created_at, dueAt: row.due_at, endedAt: row.ended_at ?? undefined },
  outcome: row.outcome ?? undefined,
});
