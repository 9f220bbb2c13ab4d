import type { Actor } from '../auth/actor.ts';
import { BadRequest } from '../base/refusal.ts';
import { paramOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { parseCalendars } from '../ical/parse.ts';
import { addressKey, attendeeOf, isOneOf, isSameAddress, partstatOf, type IsMe } from '../itip/address.ts';
import { plain, utcText, withProperty } from '../itip/component-edit.ts';
import { copyComponents, copyFor } from '../itip/copy.ts';
import { makeReply } from '../itip/make-reply.ts';
import { makeMessage, messageComponents, type ItipMessage } from '../itip/message.ts';
import { organizerChanges } from '../itip/organizer-changes.ts';
import { isCancelled } from '../itip/personal.ts';
import { componentsOf, readSeries } from '../itip/series.ts';
import { partIn } from '../scheduling/role.ts';
import { recordAct } from '../store/audit.ts';
import { mailsOf, type MailRow } from '../store/mail-messages.ts';
import { findPrincipal } from '../store/principals.ts';
import { lockHomes, objectsOfUid } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import { versionOctets, versionsOfUid } from '../store/versions.ts';
import { requireInHome } from './access.ts';
import type { Author } from './author.ts';
import { calendarUser, knownUsers } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { record } from './flight-recorder.ts';
import type { CalendarObject, Principal } from './model.ts';
import { markDelivery } from './note-undelivered.ts';
import { parsedObject } from './parsed.ts';
import { publishAll } from './publish.ts';
import { queueMail, type MailSending } from './queue-mail.ts';

export interface Resend {
  readonly actor: Actor;
  readonly by: Author;
  /** In whose name. */
  readonly homeId: string;
  readonly uid: string;
  /** A calendar user address, or a mail address. */
  readonly recipient: string;
}

export interface Resent {
  /** A calendar user address. */
  readonly recipient: string;
  /** Of iTIP. */
  readonly method: string;
}

/**
 * Says once more by mail what somebody elsewhere was told at last, as it is now: an attendee is sent all that he is invited
 * to, or that he is not any more; the organizer is sent the answer. What is still to be sent is not said twice. Throws
 * need-privileges, and BadRequest with one sentence for a person.
 */
export async function resendInvitation(context: CalendarContext, resend: Resend): Promise<Resent> {
  const { actor, by, homeId, uid } = resend;
  await requireInHome(context, actor, homeId, 'write-content');
  const { resent, changes } = await context.store.write(
    async (tx) => {
      await lockHomes(tx, [homeId]);
      const about = await askedOf(context, tx, resend);
      const said = await sayAgain(about);
      const { to, message } = said;
      const at = context.clock();
      // It is written down as asked for before it is as planned.
      await record(tx, {
        homeId,
        uid,
        recipient: to,
        at,
        what: 'resent',
        detail: `${message.method}: asked for by hand`,
      });
      const status = await queueMail({ context, tx, restored: new Map() }, { ...said, senderId: homeId });
      if (status !== '1.0') throw refused(REASONS[status], to);
      const detail = { uid, method: message.method };
      await recordAct(tx, { act: 'invitation-resent', at, by, homeId, subject: undefined, detail });
      const changes = wasLost(about)
        ? await markDelivery(context, tx, { ...about, about: { recipient: to, status } })
        : [];
      return { resent: { recipient: to, method: message.method }, changes };
    },
    { lane: homeId },
  );
  publishAll(context, changes);
  return resent;
}

/** Whether the object says that what was sent before did not arrive. */
const wasLost = ({ calendar, recipient }: Asked): boolean =>
  (calendar?.components ?? [])
    .flatMap(({ properties }) => properties)
    .some(
      (line) =>
        (line.name === P.ATTENDEE || line.name === P.ORGANIZER) &&
        isSameAddress(line.value, recipient) &&
        /^5\./.test(paramOf(line, 'SCHEDULE-STATUS') ?? ''),
    );

const REASONS = {
  '3.7': 'is no mail address',
  '5.1': 'is not told anything more for now: too many messages wait already',
  '5.2': 'cannot be told anything: this server sends no mail (mail.host is not set)',
} as const;

const refused = (why: string, recipient: string): BadRequest =>
  new BadRequest(`${recipient.replace(/^mailto:/i, '')} ${why}`, { status: 409 });

type Said = Pick<MailSending, 'to' | 'message' | 'why' | 'about'>;

async function askedOf(context: CalendarContext, tx: Db, { homeId, uid, recipient }: Resend): Promise<Asked> {
  const users = knownUsers(tx);
  await users.lookUp([recipient]);
  if (users.find(recipient) !== undefined) {
    throw refused('is of this server: what was said is in the calendar, and nothing is mailed', recipient);
  }
  const rows = (await mailsOf(tx, { homeId, uid })).filter(
    (row) => row.recipient_key === addressKey(recipient) && row.method !== 'NOTICE' && row.state !== 'undone',
  );
  const last = rows.at(-1);
  if (last?.state === 'held' || last?.state === 'queued' || last?.state === 'offered') {
    throw refused('is still to be sent the last message: it waits', recipient);
  }
  const principal = await findPrincipal(tx, homeId);
  if (principal === undefined) throw new BadRequest('Its owner is not there any more', { status: 404 });
  const found = await objectsOfUid(tx, homeId, uid);
  const mine = found.find(({ scheduleTag }) => scheduleTag !== undefined) ?? found[0];
  return {
    ...{ principal, me: calendarUser(principal).me, recipient, last, now: context.clock() },
    ...{ mine, calendar: mine && parsedObject(mine) },
    past: () => pastOf(tx, homeId, uid),
  };
}

async function sayAgain(asked: Asked): Promise<Said> {
  const said = present(asked) ?? (await ended(asked));
  if (said === undefined) throw refused('is not invited, and was not told anything', asked.recipient);
  return said;
}

interface Asked {
  /** The owner of the home. */
  readonly principal: Principal;
  readonly me: IsMe;
  readonly recipient: string;
  /** What was written down last for this recipient. */
  readonly last: MailRow | undefined;
  readonly now: number;
  readonly mine: CalendarObject | undefined;
  readonly calendar: Component | undefined;
  /** The object as it was, the latest first. */
  readonly past: () => Promise<readonly Component[]>;
}

/** What is so now. */
function present({ me, recipient, calendar, now }: Asked): Said | undefined {
  const { role, organizer } = partIn(calendar, me);
  const series = calendar && readSeries(calendar);
  if (series === undefined || calendar === undefined) return undefined;
  if (role === 'attendee') {
    if (organizer === undefined || !isSameAddress(organizer, recipient)) return undefined;
    return answer(calendar, { me, now, organizer });
  }
  if (role !== 'organizer') return undefined;
  const him = isOneOf(recipient);
  const copy = copyFor(series, him);
  const components = copy === undefined ? [] : copyComponents(copy);
  const line = components.map((each) => attendeeOf(each, him)).find((each) => each !== undefined);
  if (line === undefined) return undefined;
  const isOff = components.every(isCancelled);
  const dated = components.map((each) => withProperty(each, plain(P.DTSTAMP, utcText(now))));
  const message = makeMessage(isOff ? 'CANCEL' : 'REQUEST', dated, [calendar]);
  // Forced: it is to be said though it changes nothing.
  return { to: line.value, message, why: isOff ? 'cancelled' : 'forced', about: { before: calendar, after: calendar } };
}

/** The attendee's own word: on each day that has one of its own, too. */
function answer(
  calendar: Component,
  { me, now, organizer, partstat }: { me: IsMe; now: number; organizer: string; partstat?: string },
): Said | undefined {
  const series = readSeries(calendar);
  const components = series === undefined ? [] : componentsOf(series);
  const parts = components.flatMap((component) => {
    const own = attendeeOf(component, me);
    const word = partstat ?? (own && partstatOf(own));
    return own === undefined || word === undefined || word === 'NEEDS-ACTION' ? [] : [{ component, partstat: word }];
  });
  const message = makeReply(parts, [calendar], { me, now });
  if (message === undefined) throw refused('has no answer yet that could be sent again', organizer);
  return { to: organizer, message, why: 'answer' };
}

/** What is over: a cancellation, or the refusal of who has removed his copy. */
async function ended(asked: Asked): Promise<Said | undefined> {
  const { me, recipient, last, now, calendar } = asked;
  if (last === undefined) return undefined;
  for (const before of await asked.past()) {
    const { role, organizer } = partIn(before, me);
    if (last.method === 'REPLY' && role === 'attendee' && organizer !== undefined && calendar === undefined) {
      if (isSameAddress(organizer, recipient)) return answer(before, { me, now, organizer, partstat: 'DECLINED' });
    }
    if (last.method !== 'CANCEL' || role !== 'organizer') continue;
    const plan = organizerChanges(before, calendar, { me, now });
    const cancel = plan.messages.find(({ to, message }) => isSameAddress(to, recipient) && message.method === 'CANCEL');
    if (cancel !== undefined) return { ...cancel, message: numbered(cancel.message, last.sequence) };
  }
  throw refused('was told that it is off, and nothing of it is kept that could be said again', recipient);
}

/** As it was numbered when it was said. */
const numbered = (message: ItipMessage, sequence: number): ItipMessage =>
  makeMessage(
    message.method,
    messageComponents(message).map((each) => withProperty(each, plain(P.SEQUENCE, String(sequence)))),
    [message.calendar],
  );

/** Versions that are looked at. */
const MOST_VERSIONS = 50;

async function pastOf(tx: Db, homeId: string, uid: string): Promise<readonly Component[]> {
  const heads = await versionsOfUid(tx, homeId, uid, MOST_VERSIONS);
  const keys = heads.toSorted((one, other) => other.from.seq - one.from.seq).map(({ key }) => key);
  const octets = await versionOctets(tx, keys);
  return keys.flatMap((key) => {
    const text = octets.get(key);
    // What stands in the history was stored once, and could be read.
    return text === undefined ? [] : parseCalendars(text).calendars.slice(0, 1);
  });
}
