import { forgetMailEvents } from '../store/mail-events.ts';
import { forgetMails } from '../store/mail-queue.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';

/** Rows that one transaction removes at most. */
const PAGE = 200;

/**
 * Forgets what was sent before an instant, and what happened to it; what somebody was told last of a meeting that is still
 * there stays. Returns how many messages and lines were forgotten.
 */
export async function forgetMail(context: CalendarContext, before: number, signal: AbortSignal): Promise<number> {
  const messages = await byPages(context, signal, (tx) => forgetMails(tx, before, PAGE));
  return messages + (await byPages(context, signal, (tx) => forgetMailEvents(tx, before, PAGE)));
}

async function byPages(
  { store }: CalendarContext,
  signal: AbortSignal,
  forget: (tx: Db) => Promise<number>,
): Promise<number> {
  let count = 0;
  while (!signal.aborted) {
    const forgotten = await store.write(forget);
    count += forgotten;
    if (forgotten < PAGE) break;
  }
  return count;
}
