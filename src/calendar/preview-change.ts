import { paramOf } from '../ical/component.ts';
import { addressKey, attendeesOf, partstatOf } from '../itip/address.ts';
import type { InstanceKey } from '../itip/instance-key.ts';
import { byKey, readSeries } from '../itip/series.ts';
import { mailsOf, type MailRow } from '../store/mail-messages.ts';
import { objectsOfUid } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import { deleteObject, type DeleteObject } from './delete-object.ts';
import { parsedObject } from './parsed.ts';
import { putObject, type PutObject } from './put-object.ts';
import { rehearse } from './rehearse.ts';
import { transferObject, type TransferObject } from './transfer-object.ts';
import type { Witnessed } from './witness.ts';

/**
 * What somebody is told: `undone` is what was not sent yet and is taken back, so that there is nothing to say; `answered` is
 * what an attendee says to the organizer.
 */
export type PreviewedWhat = 'invited' | 'changed' | 'cancelled' | 'removed' | 'answered' | 'undone';

/** What one calendar user would be told. */
export interface PreviewedMessage {
  /** A calendar user address. */
  readonly recipient: string;
  /** Of iTIP. */
  readonly method: string;
  readonly uid: string;
  /** Keys of the instances that it is about; '' is the whole. */
  readonly instances: readonly InstanceKey[];
  readonly what: PreviewedWhat;
  /** `calendar`: it is put into the recipient's calendar; `nobody`: it does not get there, `status` tells why. */
  readonly by: 'calendar' | 'mail' | 'nobody';
  /** SCHEDULE-STATUS, RFC 6638 §3.2.9. */
  readonly status: string;
}

/** What a room says: PARTSTAT by the key of the instance; '' is the whole. */
export interface PreviewedRoom {
  readonly recipient: string;
  /** CN. */
  readonly name: string | undefined;
  readonly answers: Readonly<Record<InstanceKey, string>>;
}

/** Who would be told what by a change, and what rooms would answer. */
export interface ChangePreview {
  readonly messages: readonly PreviewedMessage[];
  readonly rooms: readonly PreviewedRoom[];
}

const NOTHING: ChangePreview = { messages: [], rooms: [] };

/** What putObject would tell people. Throws what it throws: the change would be refused. */
export const previewPut = (context: CalendarContext, request: PutObject): Promise<ChangePreview> =>
  preview(context, (rehearsing) => putObject(rehearsing, request));

/** What deleteObject would tell people. Throws what it throws. */
export const previewDelete = (context: CalendarContext, request: DeleteObject): Promise<ChangePreview> =>
  preview(context, (rehearsing) => deleteObject(rehearsing, request));

/** What transferObject would tell people. Throws what it throws. */
export const previewTransfer = (context: CalendarContext, request: TransferObject): Promise<ChangePreview> =>
  preview(context, (rehearsing) => transferObject(rehearsing, request));

async function preview(
  context: CalendarContext,
  change: (context: CalendarContext) => Promise<unknown>,
): Promise<ChangePreview> {
  const look = async (tx: Db, told: readonly Witnessed[]): Promise<ChangePreview> => {
    const said = told.filter((each) => !each.quiet && !each.noted && !isAnswerOfRoom(each, told));
    const people = said.filter(({ answersItself }) => !answersItself);
    const mailed = people.filter(isMailed);
    const rows = await newMails(context, tx, mailed);
    const undone = mailed.filter((each) => !rows.some((row) => isToSame(row, each)));
    const others = people.filter((each) => !isMailed(each));
    return {
      messages: [...others.map(messageOf), ...rows.map(mailOf), ...undone.map(undoneOf)],
      rooms: await roomsOf(
        tx,
        said.filter(({ answersItself }) => answersItself),
      ),
    };
  };
  return (await rehearse(context, { change, look })) ?? NOTHING;
}

const isMailed = ({ userId, status }: Witnessed): boolean => userId === undefined && status === '1.0';

/** What a room says at once is told as its answer. */
const isAnswerOfRoom = ({ message, senderId }: Witnessed, told: readonly Witnessed[]): boolean =>
  message.method === 'REPLY' && told.some(({ answersItself, userId }) => answersItself && userId === senderId);

const isToSame = (row: MailRow, { to, senderId, message }: Witnessed): boolean =>
  row.home_id === senderId && row.uid === message.uid && row.recipient_key === addressKey(to);

/** The messages that the change has put into the queue; what waited there may have become part of them. */
async function newMails({ store }: CalendarContext, tx: Db, mailed: readonly Witnessed[]): Promise<readonly MailRow[]> {
  const threads = new Map(
    mailed.map(({ senderId: homeId, message: { uid } }) => [`${homeId} ${uid}`, { homeId, uid }] as const),
  );
  const found: MailRow[] = [];
  for (const thread of threads.values()) {
    // Who reads beside the transaction sees what was there before it.
    const before = new Set((await mailsOf(store.db, thread)).map(({ id }) => id));
    const after = await mailsOf(tx, thread);
    // What can still be undone has become part of what is said now.
    found.push(...after.filter(({ id, state }) => state === 'held' || (state === 'queued' && !before.has(id))));
  }
  return found.filter((row) => mailed.some((each) => isToSame(row, each)));
}

const WHAT: Readonly<Record<string, PreviewedWhat>> = {
  invited: 'invited',
  cancelled: 'cancelled',
  removed: 'removed',
  answer: 'answered',
};

function whatOf(why: string | undefined, method: string): PreviewedWhat {
  if (method === 'REPLY' || method === 'COUNTER' || method === 'REFRESH') return 'answered';
  return WHAT[why ?? ''] ?? (method === 'CANCEL' ? 'cancelled' : 'changed');
}

function messageOf({ to, message, status, userId, why }: Witnessed): PreviewedMessage {
  const { method, uid } = message;
  const series = readSeries(message.calendar);
  return {
    ...{ recipient: to, method, uid, instances: series === undefined ? [] : [...byKey(series).keys()] },
    ...{ what: whatOf(why, method), by: userId !== undefined && status === '1.2' ? 'calendar' : 'nobody', status },
  };
}

const mailOf = ({ recipient, method, uid, instance, why }: MailRow): PreviewedMessage => ({
  ...{ recipient, method, uid, instances: instance.split(' '), what: whatOf(why, method), by: 'mail', status: '1.0' },
});

const undoneOf = (told: Witnessed): PreviewedMessage => ({ ...messageOf(told), what: 'undone', status: '1.0' });

/** What the organizer's object says of rooms that are invited by the change. */
async function roomsOf(tx: Db, told: readonly Witnessed[]): Promise<readonly PreviewedRoom[]> {
  const rooms: PreviewedRoom[] = [];
  for (const { to, senderId, message } of told) {
    if (message.method === 'CANCEL') continue;
    const answers: Record<InstanceKey, string> = {};
    let name: string | undefined;
    for (const object of await objectsOfUid(tx, senderId, message.uid)) {
      const calendar = parsedObject(object);
      const series = calendar && readSeries(calendar);
      for (const [key, component] of series === undefined ? [] : byKey(series)) {
        const line = attendeesOf(component).get(addressKey(to));
        if (line === undefined) continue;
        answers[key] ??= partstatOf(line);
        name ??= paramOf(line, 'CN');
      }
    }
    rooms.push({ recipient: to, name, answers });
  }
  return rooms;
}
