import type { Selectable } from 'kysely';

import type { Db } from './dialect.ts';
import type { MailedInvitationTable } from './mail-schema.ts';
import { prepared } from './prepared.ts';
import { standsNowhere } from './stands-nowhere.ts';

/** What names an invitation by mail. */
export interface InvitationKey {
  readonly homeId: string;
  readonly uid: string;
  /** addressKey of the recipient. */
  readonly recipientKey: string;
}

export interface MailedInvitation extends InvitationKey {
  /** A calendar user address, as it was first written. */
  readonly recipient: string;
  /** Grows where its tokens are revoked. */
  readonly generation: number;
  /** IANA name, as the recipient's program has told it. */
  readonly zone: string | undefined;
  readonly language: string | undefined;
  readonly createdAt: number;
}

/** SHA-256 of the two tokens of an invitation. */
export interface TokenDigests {
  readonly reply: string;
  readonly answer: string;
}

export async function invitationOf(db: Db, key: InvitationKey): Promise<MailedInvitation | undefined> {
  const [row] = (await selectByKey(db, key)).rows;
  return row && toInvitation(row);
}

const selectByKey = prepared((db, { homeId, uid, recipientKey }: InvitationKey) =>
  db
    .selectFrom('mailed_invitations')
    .selectAll()
    .where('home_id', '=', homeId)
    .where('uid', '=', uid)
    .where('recipient_key', '=', recipientKey)
    .compile(),
);

/** Of digests that are compared as the index has them: whoever guesses learns nothing from how long that takes. */
export async function invitationByReplyDigest(db: Db, digest: string): Promise<MailedInvitation | undefined> {
  const [row] = (await selectByReply(db, { digest })).rows;
  return row && toInvitation(row);
}

const selectByReply = prepared((db, { digest }: { digest: string }) =>
  db.selectFrom('mailed_invitations').selectAll().where('reply_digest', '=', digest).compile(),
);

/** As invitationByReplyDigest, of the token in the link. */
export async function invitationByAnswerDigest(db: Db, digest: string): Promise<MailedInvitation | undefined> {
  const [row] = (await selectByAnswer(db, { digest })).rows;
  return row && toInvitation(row);
}

const selectByAnswer = prepared((db, { digest }: { digest: string }) =>
  db.selectFrom('mailed_invitations').selectAll().where('answer_digest', '=', digest).compile(),
);

export interface NewInvitation extends InvitationKey {
  readonly recipient: string;
  readonly digests: TokenDigests;
}

/** Notes an invitation of generation 0; one that is there stays as it is. */
export async function insertInvitation(tx: Db, invitation: NewInvitation, now: number): Promise<void> {
  const { homeId, uid, recipientKey, recipient, digests } = invitation;
  await tx
    .insertInto('mailed_invitations')
    .values({
      ...{ home_id: homeId, uid, recipient_key: recipientKey, recipient, generation: 0 },
      ...{ reply_digest: digests.reply, answer_digest: digests.answer, zone: null, language: null, created_at: now },
    })
    .onConflict((conflict) => conflict.columns(['home_id', 'uid', 'recipient_key']).doNothing())
    .execute();
}

/** Another generation: what the tokens before it opened, nothing opens any more. */
export async function setGeneration(
  tx: Db,
  { homeId, uid, recipientKey }: InvitationKey,
  { generation, digests }: { readonly generation: number; readonly digests: TokenDigests },
): Promise<void> {
  await tx
    .updateTable('mailed_invitations')
    .set({ generation, reply_digest: digests.reply, answer_digest: digests.answer })
    .where('home_id', '=', homeId)
    .where('uid', '=', uid)
    .where('recipient_key', '=', recipientKey)
    .execute();
}

/** Where and in which language a recipient reads; undefined leaves what was known. */
export async function setRecipientPlace(
  tx: Db,
  { homeId, uid, recipientKey }: InvitationKey,
  place: { readonly zone: string | undefined; readonly language: string | undefined },
): Promise<void> {
  const { zone, language } = place;
  if (zone === undefined && language === undefined) return;
  await tx
    .updateTable('mailed_invitations')
    .set({ ...(zone === undefined ? {} : { zone }), ...(language === undefined ? {} : { language }) })
    .where('home_id', '=', homeId)
    .where('uid', '=', uid)
    .where('recipient_key', '=', recipientKey)
    .execute();
}

/** Forgets all invitations of a home; returns how many. */
export async function removeInvitations(tx: Db, homeId: string): Promise<number> {
  const { numDeletedRows } = await tx.deleteFrom('mailed_invitations').where('home_id', '=', homeId).executeTakeFirst();
  return Number(numDeletedRows);
}

/** Forgets invitations from before an instant to what is in no calendar of the home any more; returns how many. */
export async function forgetInvitations(tx: Db, before: number): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('mailed_invitations')
    .where('created_at', '<', before)
    .where(standsNowhere('mailed_invitations'))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

const toInvitation = (row: Selectable<MailedInvitationTable>): MailedInvitation => ({
  ...{ homeId: row.home_id, uid: row.uid, recipientKey: row.recipient_key, recipient: row.recipient },
  ...{ generation: row.generation, zone: row.zone ?? undefined, language: row.language ?? undefined },
  createdAt: row.created_at,
});
