import type { Actor } from '../auth/actor.ts';
import type { Component } from '../ical/component.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import { findPrincipal } from '../store/principals.ts';
import type { Author } from './author.ts';
import { calendarUser } from './calendar-users.ts';
import type { Delivery } from './deliver.ts';
import type { CalendarObject, Collection } from './model.ts';
import type { SaidElsewhere } from './own-word.ts';
import { parsedObject } from './parsed.ts';

/** Who changes something in a calendar, whose owner's change it is for everybody else (RFC 6638 §3.2). */
export interface SchedulingOf {
  /** Who writes; left out: nobody who logged in. */
  readonly actor?: Actor | undefined;
  readonly by: Author;
  readonly collection: Collection;
  /** See PutPlanning. */
  readonly attendeeState?: 'client' | 'server' | undefined;
  /** See GroupExpansion. */
  readonly groups?: 'new' | 'all' | undefined;
  /** Schedule-Reply: F. */
  readonly silent?: boolean | undefined;
}

/** A change within one unit of work. */
export interface Working extends SchedulingOf {
  /** What the writer has said of oneself in the calendar of another. */
  readonly said: SaidElsewhere[];
}

/** An object as it was, and whose it is. */
export interface Owned {
  readonly owner: CalendarUser;
  readonly before: Component | undefined;
}

/** undefined: the owner is gone. */
export async function ownedBy(
  { tx }: Delivery,
  { homeId }: Pick<Collection, 'homeId'>,
  object: CalendarObject | undefined,
): Promise<Owned | undefined> {
  const principal = await findPrincipal(tx, homeId);
  if (principal === undefined) return undefined;
  return { owner: calendarUser(principal), before: object && parsedObject(object) };
}

/** What becomes of it. */
export interface OwnersChange extends Owned {
  readonly after: Component;
}
