import { collectionsOf } from '../calendar/collections.ts';
import type { CalendarContext } from '../calendar/context.ts';
import type { Collection, Principal } from '../calendar/model.ts';
import { CommandFailure } from './command.ts';

/** The calendars of a person, in the order in which clients show them; not what others share: that is in their homes. */
export async function calendarsOf(context: CalendarContext, { id }: Principal): Promise<readonly Collection[]> {
  return (await collectionsOf(context, id)).filter(({ kind, mount }) => kind === 'calendar' && mount === undefined);
}

/** A calendar by the name in its address, or else by its display name where only one has it. */
export async function findCalendar(context: CalendarContext, user: Principal, name: string): Promise<Collection> {
  const calendars = await calendarsOf(context, user);
  const named = calendars.filter(({ displayname }) => displayname === name);
  const found = calendars.find(({ uri }) => uri === name) ?? (named.length === 1 ? named[0] : undefined);
  if (found !== undefined) return found;
  if (named.length > 1) {
    throw new CommandFailure(`"${name}" is the name of several calendars: ${named.map(({ uri }) => uri).join(', ')}`);
  }
  const list = calendars.map(({ uri }) => uri).join(', ');
  throw new CommandFailure(`${user.id} has no calendar "${name}"${list === '' ? '' : `, but: ${list}`}`);
}
