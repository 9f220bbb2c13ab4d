import { createHmac, hash, randomBytes } from 'node:crypto';

import { addressKey } from '../itip/address.ts';
import {
  forgetInvitations,
  insertInvitation,
  invitationByAnswerDigest,
  invitationByReplyDigest,
  invitationOf,
  setGeneration,
  setRecipientPlace,
  type InvitationKey,
  type MailedInvitation,
  type TokenDigests,
} from '../store/mailed-invitations.ts';
import { getMeta, metaOrMake } from '../store/meta.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';

export type { MailedInvitation } from '../store/mailed-invitations.ts';

/** Which invitation: of a home and a UID, to a calendar user address. */
export interface InvitationOf {
  readonly homeId: string;
  readonly uid: string;
  readonly recipient: string;
}

export interface MailTokens {
  /** The address of `mail.reply` with the token of this invitation; undefined where there is none. */
  readonly replyAddress: string | undefined;
  readonly answerToken: string;
}

const SECRET = 'mail-secret';
const SECRET_OCTETS = 32;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** Of five bits each: 130 bits. */
const LENGTH = 26;
const TOKEN = /^[0-9a-z]{26}$/;

type Purpose = 'reply' | 'answer';

/** The same octets make the same token: a later mail of an invitation repeats it, and nobody has to keep it. */
function tokenOf(secret: string, purpose: Purpose, { homeId, uid, recipientKey }: InvitationKey, generation: number) {
  const named = JSON.stringify([purpose, homeId, uid, recipientKey, generation]);
  const octets = createHmac('sha256', secret).update(named).digest();
  return Array.from(octets.subarray(0, LENGTH), (octet) => ALPHABET[octet & 31]).join('');
}

const digestOf = (token: string): string => hash('sha256', token, 'base64url');

const keyOf = ({ homeId, uid, recipient }: InvitationOf): InvitationKey => ({
  ...{ homeId, uid, recipientKey: addressKey(recipient) },
});

/** It is there from the first invitation on: only then something is written. */
const secretOf = async (db: Db): Promise<string> =>
  (await getMeta(db, SECRET)) ?? metaOrMake(db, SECRET, () => randomBytes(SECRET_OCTETS).toString('base64url'));

const digestsOf = (secret: string, key: InvitationKey, generation: number): TokenDigests => ({
  reply: digestOf(tokenOf(secret, 'reply', key, generation)),
  answer: digestOf(tokenOf(secret, 'answer', key, generation)),
});

/** The tokens of an invitation, which is noted where it is not yet: only their digests are kept. */
export async function tokensFor(context: CalendarContext, tx: Db, invitation: InvitationOf): Promise<MailTokens> {
  const { settings, clock } = context;
  const key = keyOf(invitation);
  const secret = await secretOf(tx);
  let known = await invitationOf(tx, key);
  if (known === undefined) {
    const digests = digestsOf(secret, key, 0);
    await insertInvitation(tx, { ...key, recipient: invitation.recipient, digests }, clock());
    known = await invitationOf(tx, key);
  }
  return tokensIn(secret, key, { generation: known?.generation ?? 0, reply: settings.mail?.reply });
}

const tokensIn = (
  secret: string,
  key: InvitationKey,
  { generation, reply }: { readonly generation: number; readonly reply: string | undefined },
): MailTokens => ({
  replyAddress: reply && replyAddressOf(reply, tokenOf(secret, 'reply', key, generation)),
  answerToken: tokenOf(secret, 'answer', key, generation),
});

/** As tokensFor, outside a transaction: it writes only what is not yet there. */
export async function tokensOf(context: CalendarContext, invitation: InvitationOf): Promise<MailTokens> {
  const { store } = context;
  const isKnown = (await mailedInvitation(context, invitation)) !== undefined;
  return isKnown ? tokensFor(context, store.db, invitation) : store.write((tx) => tokensFor(context, tx, invitation));
}

/**
 * The tokens as they were at first, of one whose home is gone: they open nothing, and guests' programs know their organizer
 * by them. undefined: there never was an invitation by mail.
 */
export async function endedTokens(
  { store, settings }: CalendarContext,
  invitation: InvitationOf,
): Promise<MailTokens | undefined> {
  const secret = await getMeta(store.db, SECRET);
  return secret === undefined
    ? undefined
    : tokensIn(secret, keyOf(invitation), { generation: 0, reply: settings.mail?.reply });
}

/** What is known of an invitation by mail; undefined: none was sent. */
export const mailedInvitation = ({ store }: CalendarContext, invitation: InvitationOf) =>
  invitationOf(store.db, keyOf(invitation));

/** The address of an answer page, which has to be given as it is: it opens an invitation. */
export const answerUrlOf = (publicUrl: string, answerToken: string): string =>
  `${publicUrl.replace(/\/+$/, '')}/invitation/${answerToken}`;

/** local+TOKEN@domain (RFC 5233 §4). */
export function replyAddressOf(reply: string, token: string): string {
  const at = reply.lastIndexOf('@');
  return `${reply.slice(0, at)}+${token}${reply.slice(at)}`;
}

/** The token in an address that replyAddressOf has made of this one, in any case; undefined where it is another address. */
export function replyTokenIn(reply: string, address: string): string | undefined {
  const [own, given] = [reply.toLowerCase(), address.trim().toLowerCase()];
  const at = own.lastIndexOf('@');
  const [head, tail] = [`${own.slice(0, at)}+`, own.slice(at)];
  if (at < 0 || !given.startsWith(head) || !given.endsWith(tail)) return undefined;
  const token = given.slice(head.length, given.length - tail.length);
  return TOKEN.test(token) ? token : undefined;
}

/**
 * The invitation of the token in a reply address; undefined where none has it, or it was revoked. Whether its recipient is
 * still invited is for the caller to see.
 */
export const invitationByReplyToken = ({ store }: CalendarContext, token: string) =>
  byToken(token, (digest) => invitationByReplyDigest(store.db, digest));

/** As invitationByReplyToken, of the token in the link to its answer page. */
export const invitationByAnswerToken = ({ store }: CalendarContext, token: string) =>
  byToken(token, (digest) => invitationByAnswerDigest(store.db, digest));

async function byToken(
  token: string,
  find: (digest: string) => Promise<MailedInvitation | undefined>,
): Promise<MailedInvitation | undefined> {
  const plain = token.toLowerCase();
  return TOKEN.test(plain) ? find(digestOf(plain)) : undefined;
}

/** Ends the tokens that were given out; what is sent from now on has others. False where there is no such invitation. */
export async function revokeTokens(tx: Db, invitation: InvitationOf): Promise<boolean> {
  const key = keyOf(invitation);
  const known = await invitationOf(tx, key);
  if (known === undefined) return false;
  const generation = known.generation + 1;
  await setGeneration(tx, key, { generation, digests: digestsOf(await secretOf(tx), key, generation) });
  return true;
}

/** Keeps where, and in which language, a recipient reads, for the mails to come. */
export const rememberRecipient = (
  tx: Db,
  invitation: InvitationOf,
  place: { readonly zone?: string | undefined; readonly language?: string | undefined },
): Promise<void> => setRecipientPlace(tx, keyOf(invitation), { zone: place.zone, language: place.language });

/** What other tokens about mailed invitations are derived from; there as soon as there is an invitation. */
export const mailSecret = ({ store }: CalendarContext): Promise<string | undefined> => getMeta(store.db, SECRET);

/** Forgets invitations from before an instant to what is in no calendar of its home any more; returns how many. */
export const forgetMailedInvitations = ({ store }: CalendarContext, before: number): Promise<number> =>
  store.write((tx) => forgetInvitations(tx, before));
