import * as rows from '../store/inbound-mails.ts';
import type { CalendarContext } from './context.ts';

export type { InboundHead, InboundMail, InboundState } from '../store/inbound-mails.ts';
export { INBOUND_STATES } from '../store/inbound-mails.ts';

const PAGE = 500;
const BATCH = 500;

/** The mails that came in, the newest first. */
export async function* inboundMails(
  { store }: CalendarContext,
  { states }: { readonly states?: readonly rows.InboundState[] | undefined } = {},
): AsyncGenerator<rows.InboundHead> {
  let before = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const page = await rows.listInboundMails(store.db, { states, before, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    before = last.key;
  }
}

export const inboundMail = ({ store }: CalendarContext, id: string): Promise<rows.InboundMail | undefined> =>
  rows.inboundMail(store.db, id);

/** Forgets mails from before an instant, and that they came; yields how many, a batch at a time. */
export async function* forgetInboundMails({ store }: CalendarContext, before: number): AsyncGenerator<number> {
  for (;;) {
    const count = await store.write((tx) => rows.pruneInboundMails(tx, before, BATCH));
    yield count;
    if (count < BATCH) return;
  }
}
