import type { Change } from '../base/hub.ts';
import { propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { scheduledHeads } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import { startDelivery } from './deliver.ts';
import { deliverLater } from './deliver-together.ts';
import type { Collection, ObjectHead } from './model.ts';
import { answerElsewhere } from './own-word.ts';
import { quietTag } from './quiet-scheduling.ts';
import type { ReadObject } from './read-object.ts';
import { scheduled } from './scheduled-form.ts';
import { removed } from './scheduled-removal.ts';
import type { SchedulingOf, Working } from './scheduling-of.ts';
import type { ScheduledForm } from './write-object.ts';

/** Tells the others of what one unit of work changes, within its transaction. */
export interface Scheduler {
  /** For WriteTarget. */
  schedule(current: ObjectHead | undefined, object: ReadObject): Promise<ScheduledForm>;
  /** Of an object that is being removed. */
  removing(head: ObjectHead): Promise<void>;
  /** Of all that is in the calendar, which is being removed. */
  removingAll(): Promise<void>;
  /** Sends what waits for the write; returns what is to be published after the commit. */
  finish(): Promise<readonly Change[]>;
}

/** Who tells people in the name of the owner of a calendar. */
export function startScheduling(context: CalendarContext, tx: Db, asked: SchedulingOf): Scheduler {
  const of: Working = { ...asked, said: [] };
  const { collection, by, actor } = of;
  const delivery = startDelivery(context, tx, { by, senderId: collection.homeId });
  return {
    async schedule(current, object) {
      if (current?.scheduleTag === undefined && !hasOrganizer(object.calendar))
        return { object, scheduleTag: undefined };
      return scheduled(delivery, of, current, object);
    },
    async removing(head) {
      if (head.scheduleTag !== undefined) await removed(delivery, of, head);
    },
    async removingAll() {
      for (const head of await scheduledHeads(tx, collection.id)) await removed(delivery, of, head);
    },
    async finish() {
      for (const each of of.said) {
        const own: Scheduler[] = [];
        await answerElsewhere(delivery, each, (calendar) => {
          const scheduler = startScheduling(context, tx, { actor, by, collection: calendar });
          own.push(scheduler);
          return { by, schedule: (...args) => scheduler.schedule(...args) };
        });
        for (const scheduler of own) delivery.changes.push(...(await scheduler.finish()));
      }
      await deliverLater(delivery);
      // Of each collection, the last change is enough.
      return [...new Map(delivery.changes.map((change) => [change.collectionId, change])).values()];
    },
  };
}

/** With what belongs into a WriteTarget. */
export interface TargetScheduler extends Scheduler {
  readonly target: Pick<Scheduler, 'schedule'>;
}

/** Tells nobody, and knows a meeting when it sees one. */
export function quietScheduler(tx: Db, collection: Collection): TargetScheduler {
  const schedule: Scheduler['schedule'] = async (current, object) => ({
    object,
    scheduleTag: await quietTag(tx, collection, { current, object }),
  });
  const nothing = async (): Promise<void> => undefined;
  return { schedule, target: { schedule }, removing: nothing, removingAll: nothing, finish: async () => [] };
}

/** As startScheduling, for what a client does: an import, a repair or a restore tells nobody. */
export function schedulerFor(context: CalendarContext, tx: Db, of: SchedulingOf): TargetScheduler {
  if (of.by.origin !== 'client') return quietScheduler(tx, of.collection);
  const scheduler = startScheduling(context, tx, of);
  return { ...scheduler, target: { schedule: (...asked) => scheduler.schedule(...asked) } };
}

const hasOrganizer = ({ components }: Component): boolean =>
  components.some((component) => propertyOf(component, P.ORGANIZER) !== undefined);
