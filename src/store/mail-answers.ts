import type { Db } from './dialect.ts';

/** How many messages went from a home to somebody elsewhere by themselves since an instant: answers, and what is asked for. */
export async function answersSince(
  db: Db,
  { homeId, recipientKey, since }: { readonly homeId: string; readonly recipientKey: string; readonly since: number },
): Promise<number> {
  const { answers } = await db
    .selectFrom('mail_messages')
    .select((eb) => eb.fn.countAll<number | string>().as('answers'))
    .where('home_id', '=', homeId)
    .where('recipient_key', '=', recipientKey)
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow();
  return Number(answers);
}

/** The keys of the addresses to which messages about a UID went, or wait to go, from a home since an instant. */
export async function recipientsSince(
  db: Db,
  { homeId, uid, since }: { readonly homeId: string; readonly uid: string; readonly since: number },
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('mail_messages')
    .select('recipient_key')
    .distinct()
    .where('home_id', '=', homeId)
    .where('uid', '=', uid)
    .where('created_at', '>', since)
    .execute();
  return rows.map(({ recipient_key: key }) => key);
}
