import { newId } from '../base/ids.ts';
import { addressKey } from '../itip/address.ts';
import type { KeptAnswers } from '../itip/answers-kept.ts';
import { digestsOf, messageDigest } from '../itip/content-digest.ts';
import { messageText, type ItipMessage } from '../itip/message.ts';
import type { Change } from '../itip/significance.ts';
import {
  countWaiting,
  insertMails,
  mailBefore,
  octetsByKeys,
  replaceMails,
  timesSaid,
  undoMails,
  type Before,
  type NewMail,
} from '../store/mail-messages.ts';
import { keyOfShared } from '../store/shared-octets.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import { record, type MailEvent } from './flight-recorder.ts';
import { merging, type About, type Merged } from './held-mail.ts';
import { paced } from './mail-pace.ts';
import { etagOf } from './read-object.ts';

/** A unit of work that tells people elsewhere. */
export interface Queueing {
  readonly context: CalendarContext;
  readonly tx: Db;
  /**
   * Answers that stand again because nobody hears of the change that took them back: by UID, by the key of the attendee's
   * address.
   */
  readonly restored: Map<string, Map<string, KeptAnswers>>;
}

/** A message to somebody elsewhere. */
export interface MailSending {
  /** A calendar user address. */
  readonly to: string;
  readonly message: ItipMessage;
  /** In whose name. */
  readonly senderId: string;
  /** See OutgoingMessage; left out of what is no organizer's. */
  readonly why?: string | undefined;
  readonly changes?: readonly Change[] | undefined;
  /** Of an organizer's change; left out: what the receiver knows is told from the messages alone. */
  readonly about?: About | undefined;
}

/** SCHEDULE-STATUS of what goes by mail (RFC 6638 §3.2.9): 5.2, there is no way; 5.1, too much waits. */
export type MailStatus = '1.0' | '3.7' | '5.1' | '5.2';

/** Somebody who can be reached by mail; what would break a command of SMTP is no address. */
const MAIL_ADDRESS = /^mailto:[^\s\p{C}<>(),;:"@\\]+@([^\s\p{C}<>(),;:"@\\]+)$/u;

/** Octets, with its scheme: RFC 5321 §4.5.3.1 has 254 for all of an address, and it is part of keys in the database. */
const MOST_OF_ADDRESS = 320;

/** SCHEDULE-STATUS for an address where no message to it is made now, or the one that it would have. */
export function statusElsewhere({ settings }: CalendarContext, to: string): MailStatus {
  const key = addressKey(to);
  if (Buffer.byteLength(key) > MOST_OF_ADDRESS || !MAIL_ADDRESS.test(key)) return '3.7';
  return settings.mail === undefined ? '5.2' : '1.0';
}

/** Queues one message; see queueMails. */
export async function queueMail(queueing: Queueing, sending: MailSending): Promise<MailStatus> {
  return (await queueMails(queueing, [sending])).get(sending) ?? '5.1';
}

/**
 * Writes messages to people elsewhere into the queue, which is the ledger too, in the transaction of what they tell. What
 * waits for them and can still be undone becomes one with it, or nothing where it comes to nothing.
 */
export async function queueMails<S extends MailSending>(
  queueing: Queueing,
  sendings: readonly S[],
): Promise<ReadonlyMap<S, MailStatus>> {
  const statuses = new Map<S, MailStatus>();
  for (const sending of sendings) statuses.set(sending, statusElsewhere(queueing.context, sending.to));
  const mailed = sendings.filter((each) => statuses.get(each) === '1.0');
  for (const ofSender of Map.groupBy(mailed, ({ senderId }) => senderId).values()) {
    for (const alike of Map.groupBy(ofSender, ({ message }) => message).values()) {
      for (const refused of await queueAlike(queueing, alike)) statuses.set(refused, '5.1');
    }
  }
  return statuses;
}

/** One message to many of one sender's; those for whom there is no room. */
async function queueAlike<S extends MailSending>(queueing: Queueing, sendings: readonly S[]): Promise<readonly S[]> {
  const [first] = sendings;
  if (first === undefined) return [];
  const { context, tx } = queueing;
  const { message, senderId: homeId } = first;
  const unique = [...new Map(sendings.map((each) => [addressKey(each.to), each]))];
  const before = await mailBefore(tx, { homeId, uid: message.uid, recipientKeys: unique.map(([key]) => key) });
  const held = unique.flatMap(([key]) => before.get(key)?.held ?? []);
  const octets = await octetsByKeys(tx, [...new Set(held.map(({ sharedKey }) => sharedKey))]);
  const { mailsWaitingPerPerson: most } = context.limits;
  let room = most - (await countWaiting(tx, homeId, most));
  const merge = merging(first.about, first.to, context.clock());
  const refused: S[] = [];
  const writing = writingOf(queueing, homeId, message.uid);
  for (const [key, sending] of unique) {
    const known: Before = before.get(key) ?? { told: undefined, isBehind: false, held: [] };
    if (known.held.length === 0 && room-- <= 0) {
      refused.push(sending);
      writing.note(sending.to, 'capped', `more than ${most} messages wait already`);
      continue;
    }
    const { why = message.method === 'REPLY' ? 'answer' : 'changed', changes = [] } = sending;
    const arriving = { message, why, changes, ...known };
    const merged = merge(key, arriving, (sharedKey) => octets.get(sharedKey));
    if (merged.isUndone) restore(queueing, { uid: message.uid, key, merged });
    writing.add({ key, to: sending.to, known, merged, isNew: !before.has(key) });
  }
  await writing.finish();
  return refused;
}

function restore(
  { restored }: Queueing,
  { uid, key, merged }: { readonly uid: string; readonly key: string; readonly merged: Merged },
): void {
  const ofUid = restored.get(uid) ?? new Map<string, KeptAnswers>();
  ofUid.set(key, merged.baseline.answers);
  restored.set(uid, ofUid);
}

interface Written {
  readonly key: string;
  readonly to: string;
  readonly known: Before;
  readonly merged: Merged;
  /** Nothing was ever written down for this recipient. */
  readonly isNew: boolean;
}

/** Gathers what one message makes of the queue, so that it is written at once. */
function writingOf({ context, tx }: Queueing, homeId: string, uid: string) {
  const now = context.clock();
  const { hold = 0 } = context.settings.mail ?? {};
  const all: Written[] = [];
  const store = storing(tx, now);
  const events: MailEvent[] = [];
  const note = (recipient: string, what: MailEvent['what'], detail: string, messageId?: string): void => {
    events.push({ homeId, uid, recipient, messageId, at: now, what, detail });
  };
  const rowsOf = async ({
    key,
    to,
    known,
    merged,
    isNew,
  }: Written): Promise<readonly (NewMail & { isNew: boolean })[]> => {
    const createdAt = known.held[0]?.createdAt ?? now;
    const dueAt = hold === 0 ? now : Math.max(now, Math.min(now + hold, createdAt + 4 * hold));
    const rows: (NewMail & { isNew: boolean })[] = [];
    for (const [at, { message, why, changes }] of merged.messages.entries()) {
      const { instance, digest, sharedKey } = await store(message);
      rows.push({
        ...{
          id: (at === 0 ? known.held[0]?.id : undefined) ?? newId(),
          homeId,
          uid,
          instance,
          digest,
          sharedKey,
          isNew,
        },
        ...{ recipient: to, recipientKey: key, domain: key.slice(key.lastIndexOf('@') + 1), resend: 0 },
        ...{ method: message.method, sequence: message.sequence, why, changes: JSON.stringify(changes) },
        ...{ state: hold === 0 ? 'queued' : 'held', told: JSON.stringify(merged.told), createdAt, dueAt },
        baseline: hold === 0 ? undefined : JSON.stringify(merged.baseline),
      });
    }
    return rows;
  };
  return {
    note,
    add: (written: Written): void => void all.push(written),
    async finish(): Promise<void> {
      const undone = all.filter(({ merged }) => merged.isUndone && merged.messages.length === 0);
      for (const { to, known } of undone) for (const { id } of known.held) note(to, 'undone', 'all is as before', id);
      await undoMails(tx, idsOf(undone), now);
      await replaceMails(tx, idsOf(all.filter((each) => !undone.includes(each))));
      const wanted: (NewMail & { isNew: boolean })[] = [];
      for (const each of all) wanted.push(...(await rowsOf(each)));
      const times =
        wanted.length === 0
          ? []
          : await paced(
              context,
              tx,
              homeId,
              wanted.map(({ dueAt }) => dueAt),
            );
      const rows = (await numbered(tx, wanted)).map((row, at) => ({ ...row, dueAt: times[at] ?? row.dueAt }));
      await insertMails(tx, rows);
      for (const [at, row] of rows.entries()) {
        note(row.recipient, 'planned', `${row.method}: ${row.why}`, row.id);
        const isLate = row.dueAt > (wanted[at]?.dueAt ?? 0);
        const until = new Date(row.dueAt).toISOString();
        if (isLate)
          note(row.recipient, 'capped', `there were too many messages within a time: it waits until ${until}`, row.id);
        note(row.recipient, row.state, row.state === 'held' ? `until ${until}` : 'it is to be sent', row.id);
      }
      await record(tx, ...events);
    },
  };
}

const idsOf = (all: readonly Written[]): readonly string[] =>
  all.flatMap(({ known }) => known.held.map(({ id }) => id));

/** The number of the resend, for what was said before. */
async function numbered(tx: Db, rows: readonly (NewMail & { readonly isNew: boolean })[]): Promise<readonly NewMail[]> {
  const bySaid = Map.groupBy(rows, ({ method, instance, sequence, digest }) =>
    JSON.stringify([method, instance, sequence, digest]),
  );
  const times = new Map<NewMail, number>();
  for (const same of bySaid.values()) {
    const [first] = same;
    const known = same.filter(({ isNew }) => !isNew).map(({ recipientKey }) => recipientKey);
    if (first === undefined || known.length === 0) continue;
    const { homeId, uid, method, instance, sequence, digest } = first;
    const said = await timesSaid(tx, { homeId, uid, method, instance, sequence, digest, recipientKeys: known });
    for (const row of same) times.set(row, said.get(row.recipientKey) ?? 0);
  }
  return rows.map(({ isNew: _, ...row }, at) => ({ ...row, resend: times.get(rows[at] ?? row) ?? 0 }));
}

interface Ledger {
  readonly instance: string;
  readonly digest: string;
  readonly octets: Buffer;
}

/** Messages that go to many. */
const LEDGERS = new WeakMap<ItipMessage, Ledger>();

/** Longer than that is not indexed well. */
const LONGEST_INSTANCE = 200;

function readLedger(message: ItipMessage): Ledger {
  const known = LEDGERS.get(message);
  if (known !== undefined) return known;
  const digests = digestsOf(message);
  const digest = messageDigest(digests);
  const keys = [...digests.keys()].sort();
  const instance = keys.includes('') ? '' : keys.join(' ');
  const short = instance.length <= LONGEST_INSTANCE ? instance : `${keys[0] ?? ''} and ${keys.length - 1} more`;
  const made = { instance: short, digest, octets: Buffer.from(messageText(message)) };
  LEDGERS.set(message, made);
  return made;
}

/** Stores the octets of messages, each once. */
function storing(tx: Db, now: number): (message: ItipMessage) => Promise<Ledger & { readonly sharedKey: number }> {
  const keys = new Map<ItipMessage, number>();
  return async (message) => {
    const ledger = readLedger(message);
    const { octets } = ledger;
    const sharedKey = keys.get(message) ?? (await keyOfShared(tx, { digest: etagOf(octets), octets }, now));
    keys.set(message, sharedKey);
    return { ...ledger, sharedKey };
  };
}
