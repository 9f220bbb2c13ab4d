import type { Store } from '../../src/store/store.ts';
import type { Sunk } from '../smtp-sink.ts';
import { titleOf, type Meeting } from './organizer.ts';

/** A row of the ledger. */
interface Entry {
  readonly id: string;
  readonly state: string;
  readonly offers: number;
}

export interface Figures {
  readonly mails: number;
  /** Came more than once: with the same Message-ID, octet for octet, and offered as often at least. */
  readonly again: number;
  readonly wrong: readonly string[];
}

export const ledgerOf = ({ db }: Store): Promise<readonly Entry[]> =>
  db.selectFrom('mail_messages').select(['id', 'state', 'offers']).execute();

/** Whether each message came, and none twice but where the answer to DATA cannot have been heard. */
export function verify(mails: readonly Sunk[], ledger: readonly Entry[], meetings: readonly Meeting[]): Figures {
  const byId = Map.groupBy(mails, ({ messageId }) => messageId.slice(0, messageId.indexOf('@')));
  const wrong: string[] = [];
  const known = new Set(ledger.map(({ id }) => id));
  for (const { id, state, offers } of ledger) {
    const came = byId.get(id) ?? [];
    const [first] = came;
    if (state !== 'sent') wrong.push(`${id} is ${state} in the ledger`);
    if (first === undefined) wrong.push(`${id} never came`);
    if (came.length > offers) wrong.push(`${id} came ${came.length} times and was offered ${offers} times`);
    if (came.some(({ text, to }) => text !== first?.text || to !== first.to)) wrong.push(`${id} came in two forms`);
  }
  for (const id of byId.keys()) if (!known.has(id)) wrong.push(`${id} is not in the ledger`);
  wrong.push(...untold(mails, meetings));
  const again = [...byId.values()].filter((came) => came.length > 1).length;
  return { mails: byId.size, again, wrong };
}

/** Each version that was acknowledged is told once to each guest; the one that was under way when the server died perhaps. */
function untold(mails: readonly Sunk[], meetings: readonly Meeting[]): string[] {
  const told = new Map<string, Set<string>>();
  for (const { to, text, messageId } of mails) {
    const title = /meeting-\d+-\d+ version \d+\./.exec(subjectOf(text))?.[0] ?? 'no title';
    const key = `${title} to ${to}`;
    told.set(key, (told.get(key) ?? new Set()).add(messageId));
  }
  const wrong = [...told].filter(([, ids]) => ids.size > 1).map(([key, ids]) => `${key}: as ${ids.size} messages`);
  for (const meeting of meetings) {
    for (const version of meeting.acknowledged) {
      for (const guest of meeting.guests) {
        const key = `${titleOf(meeting, version)} to ${guest}`;
        if (!told.has(key)) wrong.push(`${key}: never`);
      }
    }
  }
  return wrong;
}

/** The subject without its folding. */
const subjectOf = (text: string): string =>
  /^subject:((?:.*\r\n[ \t])*.*)/im.exec(text)?.[1]?.replace(/\r\n/g, '') ?? '';
