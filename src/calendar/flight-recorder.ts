import { addressKey } from '../itip/address.ts';
import { insertMailEvents, mailEventsOf } from '../store/mail-events.ts';
import type { Db } from '../store/store.ts';

/**
 * What can happen to what is said by mail. `planned`: a change has to be told; `held`: it can still be undone; `queued`: it
 * waits to be offered; `offered-again`: the end of an offer is not known, and the same octets are offered once more;
 * `deferred`: the mail server has put it off; `delayed`: a server on the way has said so; `opened`: the answer page was;
 * `ignored`: what came from there changes nothing; `refused`: it may not do what it says; `capped`: there were too many.
 */
export type Recorded =
  | 'planned'
  | 'held'
  | 'undone'
  | 'queued'
  | 'offered-again'
  | 'sent'
  | 'deferred'
  | 'failed'
  | 'bounced'
  | 'delayed'
  | 'opened'
  | 'answered'
  | 'ignored'
  | 'refused'
  | 'resent'
  | 'capped';

/** A line of the flight recorder: what happened to an invitation, an answer, a message of one person elsewhere. */
export interface MailEvent {
  readonly homeId: string;
  readonly uid: string;
  /** A calendar user address. */
  readonly recipient: string;
  /** The id of the message that it is about. */
  readonly messageId?: string | undefined;
  /** UTC milliseconds. */
  readonly at: number;
  readonly what: Recorded;
  /** For a person; it is made one line of bounded length. */
  readonly detail: string;
}

const MOST_DETAIL = 300;

/** Text of others as one line for a person, of bounded length. */
export const oneLine = (text: string): string =>
  text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trim()
    .slice(0, MOST_DETAIL);

/** Writes down what happened, in the transaction in which it happens. */
export async function record(tx: Db, ...events: readonly MailEvent[]): Promise<void> {
  await insertMailEvents(
    tx,
    events.map((event) => ({
      ...event,
      ...{ messageId: event.messageId, recipientKey: addressKey(event.recipient), detail: oneLine(event.detail) },
    })),
  );
}

/** Lines of one meeting that are shown at most, the last ones. */
const MOST_SHOWN = 10_000;

/** What happened to the messages about a UID that somebody has sent, the oldest first. */
export async function eventsOf(db: Db, homeId: string, uid: string): Promise<readonly MailEvent[]> {
  const rows = await mailEventsOf(db, { homeId, uid, limit: MOST_SHOWN });
  // Written by record.
  return rows.map(({ recipientKey: _, what, ...row }) => ({ ...row, what: what as Recorded }));
}
