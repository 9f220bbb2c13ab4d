import type { ItipMessage } from '../itip/message.ts';
import { pendingHeads, removeTrayItems, trayItem as itemById } from '../store/tray.ts';
import type { Db } from '../store/store.ts';
import { covers, isLaterThan, isSentAs, mayReplace, messageIn } from './tray-match.ts';

export interface Settled {
  readonly homeId: string;
  readonly message: ItipMessage;
  readonly from: string;
  /** The item that it is itself, which who accepts it decides. */
  readonly trayItem?: string | undefined;
}

/** What was taken as from its organizer, or attendee, leaves nothing of the same to be decided. */
export async function settleTray(tx: Db, { homeId, message, from, trayItem }: Settled): Promise<void> {
  const done: string[] = [];
  for (const { id, ...head } of await pendingHeads(tx, homeId, message.uid)) {
    if (id === trayItem || !isSentAs(head, from)) continue;
    const item = await itemById(tx, id);
    const old = item && messageIn(item);
    if (old === undefined || (mayReplace(message, old) && covers(message, old) && isLaterThan(message, old)))
      done.push(id);
  }
  await removeTrayItems(tx, done);
}
