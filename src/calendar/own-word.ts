import { atOnce } from '../base/steps.ts';
import type { Component } from '../ical/component.ts';
import { parsedObject } from './parsed.ts';
import { writeComponent } from '../ical/write.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import { replyOf, withOwnWord, type OwnWord } from '../scheduling/own-word.ts';
import { partIn } from '../scheduling/role.ts';
import { collectionById } from '../store/collections.ts';
import { objectsOfUid } from '../store/scheduling.ts';
import type { Delivery } from './deliver.ts';
import type { Collection } from './model.ts';
import { readingObject } from './read-object.ts';
import { writeObject, type WriteTarget } from './write-object.ts';

/** What somebody has said of oneself in another's calendar, where the meeting is stored now. */
export interface SaidElsewhere {
  readonly writer: CalendarUser;
  readonly owner: CalendarUser;
  readonly uid: string;
  /** As it was stored there. */
  readonly meeting: Component;
  readonly word: OwnWord;
}

/** What stores an object in a calendar, with all that follows from it. */
export type Storing = (collection: Collection) => Pick<WriteTarget, 'by' | 'schedule'>;

/**
 * Gives the answers as though they had been stored in the writer's own calendar, so that both copies, the organizer and all
 * others know of them.
 */
export async function answerElsewhere(delivery: Delivery, said: SaidElsewhere, storing: Storing): Promise<void> {
  const { context, tx, changes, later } = delivery;
  const { writer, owner, uid, meeting, word } = said;
  const mine = (await objectsOfUid(tx, writer.id, uid)).find(({ scheduleTag }) => scheduleTag !== undefined);
  const collection = mine && (await collectionById(tx, mine.collectionId));
  const copy = mine && parsedObject(mine);
  if (mine === undefined || collection === undefined || copy === undefined) {
    const { organizer } = partIn(meeting, owner.me);
    const message = replyOf(meeting, word, { me: writer.me, now: context.clock() });
    if (message === undefined || organizer === undefined) return;
    later.push({ to: organizer, message, quiet: false, senderId: writer.id });
    return;
  }
  const octets = Buffer.from(writeComponent(withOwnWord(copy, word, writer.me)));
  const object = atOnce(readingObject(context, collection, octets));
  const target = { ...storing(collection), collection, name: mine.name, check: () => undefined, isDelivery: true };
  const { seq } = await writeObject(context, tx, target, object);
  changes.push({ homeId: collection.homeId, collectionId: collection.id, seq });
}
