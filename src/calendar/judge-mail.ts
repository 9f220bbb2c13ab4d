import { paramOf } from '../ical/component.ts';
import type { ItipMessage } from '../itip/message.ts';
import type { Verdict } from '../mail/verdict.ts';
import { objectsOfUid } from '../store/scheduling.ts';
import { trustedSenders } from '../store/tray.ts';
import { knownUsers } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { judgeSender, speakerOf, type Judgement } from './judge-sender.ts';

export interface ArrivedMessage {
  /** Whose it is: the home of its receiver. */
  readonly homeId: string;
  readonly message: ItipMessage;
  readonly verdict: Verdict;
  /** What the token of the reply address names, where it came to one. */
  readonly token?: { readonly uid: string; readonly recipient: string } | undefined;
}

/** judgeSender with all that it asks for: whom the receiver trusts, which addresses are of this server, who has the UID. */
export async function judgeMail(
  { store }: CalendarContext,
  { homeId, message, verdict, token }: ArrivedMessage,
): Promise<Judgement> {
  const users = knownUsers(store.db);
  // The others of a message are not asked for: there may be very many.
  const { speaker } = speakerOf({ message, verdict, token });
  const by = speaker && paramOf(speaker, 'SENT-BY');
  const from = verdict.from === undefined ? undefined : `mailto:${verdict.from}`;
  await users.lookUp([speaker?.value, by, from].flatMap((each) => each ?? []));
  const having = new Set<string>();
  for (const id of users.ids()) {
    if ((await objectsOfUid(store.db, id, message.uid)).length > 0) having.add(id);
  }
  const trusted = new Set(await trustedSenders(store.db, homeId));
  const isLocal = (address: string): boolean => users.find(address) !== undefined;
  const hasUid = (address: string): boolean => having.has(users.find(address)?.id ?? '');
  return judgeSender({ ...{ message, verdict, token, trusted, isLocal, hasUid } });
}
