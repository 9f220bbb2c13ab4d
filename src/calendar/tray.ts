import { BadRequest } from '../base/refusal.ts';
import { messageText, type ItipMessage } from '../itip/message.ts';
import { domainOf } from '../mail/mail-domain.ts';
import type { Verdict } from '../mail/verdict.ts';
import { recordAct } from '../store/audit.ts';
import { findPrincipal } from '../store/principals.ts';
import { objectsOfUid } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import * as rows from '../store/tray.ts';
import type { Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import type { DeliveryStatus } from './deliver.ts';
import type { Judgement } from './judge-sender.ts';
import { receiveMessage } from './receive-message.ts';
import { trustSender } from './trusted-senders.ts';
import { covers, isLaterThan, isSentAs, mayReplace, messageIn, rankOf, verdictIn } from './tray-match.ts';

export interface TrayEntry {
  /** In whose tray: the home of who receives it. */
  readonly homeId: string;
  readonly message: ItipMessage;
  readonly verdict: Verdict;
  /** `tray` or `refuse` of judgeSender. */
  readonly judgement: Judgement;
}

export interface TrayItem extends Omit<rows.TrayItem, 'verdict'> {
  readonly verdict: Verdict;
}

/**
 * `put`: it waits, or is shown as refused; `settled`: it took back or brought up to date what waited; `dropped`: there is
 * nothing that it could be about; `too-large`: it is not kept here.
 */
export type TrayOutcome = 'put' | 'settled' | 'dropped' | 'too-large';

/** Keeps a message outside the calendar and free-busy: for its receiver to decide, or with the reason why it was refused. */
export async function putIntoTray(context: CalendarContext, entry: TrayEntry): Promise<TrayOutcome> {
  const octets = Buffer.from(messageText(entry.message));
  if (octets.length > context.limits.trayMessageOctets) return 'too-large';
  return context.store.write(async (tx) => {
    if (entry.judgement.kind === 'refuse') return putRefused(context, tx, { ...entry, octets });
    return putPending(context, tx, { ...entry, octets });
  });
}

type Written = TrayEntry & { readonly octets: Uint8Array };

function newItem(context: CalendarContext, entry: Written, state: rows.TrayState): Omit<rows.TrayItem, 'id'> {
  const { homeId, message, verdict, judgement, octets } = entry;
  return {
    ...{ homeId, uid: message.uid, method: message.method, receivedAt: context.clock(), octets, state },
    ...{ sender: verdict.from ?? '', sentAs: judgement.from, reason: judgement.reason },
    verdict: JSON.stringify(verdict),
  };
}

async function putRefused(context: CalendarContext, tx: Db, entry: Written): Promise<TrayOutcome> {
  const item = newItem(context, entry, 'refused');
  const known = await rows.trayItems(tx, { homeId: entry.homeId, uid: item.uid, states: ['refused'] });
  const same = known.filter(({ sender, method, sentAs }) =>
    [sender === item.sender, method === item.method, sentAs === item.sentAs].every(Boolean),
  );
  await rows.removeTrayItems(tx, ids(same));
  await rows.insertTrayItem(tx, item);
  await drop(context, tx, entry.homeId, { states: ['refused'], share: REFUSED_SHARE });
  return same.length > 0 ? 'settled' : 'put';
}

async function putPending(context: CalendarContext, tx: Db, entry: Written): Promise<TrayOutcome> {
  const { homeId, message } = entry;
  const item = newItem(context, entry, 'pending');
  const waiting = await rows.pendingHeads(tx, homeId, message.uid);
  const related: { readonly id: string; readonly other: rows.TrayItem; readonly old: ItipMessage }[] = [];
  for (const { id, ...head } of waiting) {
    if (head.sender !== item.sender || !isSentAs(head, item.sentAs)) continue;
    const other = await rows.trayItem(tx, id);
    const old = other && messageIn(other);
    if (other !== undefined && old !== undefined && mayReplace(message, old)) related.push({ id, other, old });
  }
  if (related.some(({ old }) => covers(old, message) && !isLaterThan(message, old))) return 'settled';
  const replaced = related.filter(
    ({ other, old }) => covers(message, old) && rankOf(entry.verdict) >= rankOf(verdictIn(other)),
  );
  await rows.removeTrayItems(tx, ids(replaced));
  if (message.method === 'CANCEL' && (await objectsOfUid(tx, homeId, message.uid)).length === 0) {
    if (replaced.length > 0) return 'settled';
    // What it would take back is there, of somebody else; or there is nothing.
    if (waiting.length === 0) return 'dropped';
  }
  await rows.insertTrayItem(tx, item);
  await drop(context, tx, homeId, { states: ['pending'], share: 1 });
  await drop(context, tx, homeId, { states: ['pending'], share: SENDER_SHARE, sender: item.sender });
  return replaced.length > 0 ? 'settled' : 'put';
}

const ids = (items: readonly { readonly id: string }[]): readonly string[] => items.map(({ id }) => id);

/** Parts of the tray that may be of one sender, and of what was refused or decided: strangers do not push out each other. */
const SENDER_SHARE = 0.1;
const REFUSED_SHARE = 0.2;

async function drop(
  { limits }: CalendarContext,
  tx: Db,
  homeId: string,
  { share, ...which }: { states: readonly rows.TrayState[]; share: number; sender?: string },
): Promise<void> {
  const most = Math.max(1, Math.floor(limits.trayItemsPerHome * share));
  await rows.removeTrayItems(tx, await rows.trayItemsBeyond(tx, { homeId, most, ...which }));
}

/** What waits and what was refused, in one home or in all, in the order in which it came; `all`: what was decided, too. */
export async function listTray(
  { store }: CalendarContext,
  { homeId, all = false }: { readonly homeId?: string | undefined; readonly all?: boolean },
): Promise<readonly TrayItem[]> {
  const states: readonly rows.TrayState[] = all
    ? ['pending', 'refused', 'accepted', 'declined']
    : ['pending', 'refused'];
  const items = await rows.trayItems(store.db, { homeId, states });
  return items.map((item) => ({ ...item, verdict: verdictIn(item) }));
}

export interface TrayDecision {
  readonly by: Author;
  /** In whose tray it has to be; left out: in any. */
  readonly homeId?: string | undefined;
}

/**
 * A person says that a message is right: it is received as though who it says had sent it. What was taken is decided; where it
 * could not be taken, by its status, it waits on. Throws BadRequest 404, or 409 for what was refused or decided.
 */
export async function acceptTrayItem(
  context: CalendarContext,
  id: string,
  { trust, ...decision }: TrayDecision & { readonly trust: 'no' | 'address' | 'domain' },
): Promise<DeliveryStatus> {
  const item = await requirePending(context, id, decision);
  const { homeId, sender } = item;
  if (trust !== 'no' && sender === '') throw new BadRequest('It has no sender who could be trusted', { status: 409 });
  const owner = await findPrincipal(context.store.db, homeId);
  const message = messageIn(item);
  if (owner === undefined || message === undefined) throw new BadRequest('It cannot be read any more', { status: 409 });
  const to = owner.emails[0] === undefined ? `urn:uuid:${owner.guid}` : `mailto:${owner.emails[0]}`;
  const status = await receiveMessage(context, { to, from: item.sentAs, message, trayItem: id });
  if (status !== '1.2') return status;
  await decide(context, item, { ...decision, state: 'accepted' });
  if (trust === 'no') return status;
  await trustSender(context, {
    homeId,
    sender: trust === 'address' ? sender : `@${domainOf(sender)}`,
    by: decision.by,
  });
  return status;
}

/** A person says that a message is not wanted. Throws as acceptTrayItem. */
export async function refuseTrayItem(context: CalendarContext, id: string, decision: TrayDecision): Promise<void> {
  const item = await requirePending(context, id, decision);
  await decide(context, item, { ...decision, state: 'declined' });
}

async function requirePending(
  { store }: CalendarContext,
  id: string,
  { homeId }: Pick<TrayDecision, 'homeId'>,
): Promise<rows.TrayItem> {
  const item = await rows.trayItem(store.db, id);
  if (item === undefined || (homeId !== undefined && item.homeId !== homeId))
    throw new BadRequest(`There is no message "${id}" in the tray`, { status: 404 });
  if (item.state === 'refused') throw new BadRequest(`It was refused: ${item.reason}`, { status: 409 });
  if (item.state !== 'pending') throw new BadRequest(`It was ${item.state} before`, { status: 409 });
  return item;
}

async function decide(
  context: CalendarContext,
  item: rows.TrayItem,
  { by, state }: { readonly by: Author; readonly state: 'accepted' | 'declined' },
): Promise<void> {
  const { id, homeId, uid, method, sender } = item;
  const at = context.clock();
  await context.store.write(async (tx) => {
    await rows.setTrayState(tx, id, state);
    await recordAct(tx, { act: `tray-${state}`, at, by, homeId, subject: id, detail: { uid, method, sender } });
    await drop(context, tx, homeId, { states: ['accepted', 'declined'], share: REFUSED_SHARE });
  });
}
