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
