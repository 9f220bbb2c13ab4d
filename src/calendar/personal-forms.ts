import { atOnce, type Steps } from '../base/steps.ts';
import { inTurns, type Turns } from '../base/turns.ts';
import { commonForm, mayHavePersonalParts, personalPartsOf, withPersonalParts } from '../ical/personal-parts.ts';
import { objectsByIds } from '../store/objects.ts';
import { personalStates, type PersonalState } from '../store/personal-objects.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import type { CalendarObject, Collection, Mount, ObjectHead } from './model.ts';
import { etagOf } from './read-object.ts';

interface Reading {
  readonly db: Db;
  readonly mount: Mount;
  readonly turns: Turns;
}

/** Objects of a shared calendar as a sharee sees them (docs/adr/0019-personal-data.md). */
export async function personalForms(
  context: CalendarContext,
  { db, mount, turns }: Reading,
  objects: readonly CalendarObject[],
): Promise<readonly CalendarObject[]> {
  const states = await personalStates(
    db,
    mount.id,
    objects.map(({ id }) => id),
  );
  const forms: CalendarObject[] = [];
  for (const object of objects) {
    if (turns.isDue()) await turns.take();
    const state = states.get(object.id);
    // Removed or replaced meanwhile: as what others saw of it then.
    forms.push(await inTurns(personalForm(context, object, state ?? stateWithout(object)), turns));
  }
  return forms;
}

const stateWithout = ({ etag, seq }: CalendarObject): PersonalState => ({
  shared: { etag, seq, octets: undefined },
  own: undefined,
});

/**
 * One object as a sharee sees it: octet for octet what the sharee sent, while what others see is what it was then; else
 * what others see now with the sharee's own parts. It has a tag and a size of its own.
 */
export function* personalForm(
  context: CalendarContext,
  object: CalendarObject,
  { shared, own }: PersonalState,
): Steps<CalendarObject> {
  const head = { ...object, modifiedAt: Math.max(object.modifiedAt, own?.modifiedAt ?? 0) };
  if (own?.sharedEtag === shared.etag) {
    return { ...head, octets: own.octets, size: own.octets.byteLength, etag: own.etag };
  }
  const common = yield* formForOthers(context, shared.octets ?? object.octets);
  if (own === undefined) return withOctets(object, common);
  // Put together from what is common, nothing of it depends on what the owner has.
  return withOctets(head, yield* withPersonalParts(common, yield* personalPartsOf(own.octets), limitsOf(context)));
}

/** As somebody sees octets who has nothing personal; most have nothing that others do not see. */
export function* formForOthers(context: CalendarContext, octets: Uint8Array): Steps<Uint8Array> {
  return mayHavePersonalParts(octets) ? yield* commonForm(octets, limitsOf(context)) : octets;
}

/** What composing one object may cost, and how large it may become. */
export const limitsOf = ({ limits }: CalendarContext) => ({
  budget: { steps: limits.recurrenceSteps },
  most: limits.resourceOctets,
});

const withOctets = (object: CalendarObject, octets: Uint8Array): CalendarObject =>
  octets === object.octets ? object : { ...object, octets, size: octets.byteLength, etag: etagOf(octets) };

/** A head inside a transaction, for the conditions of who sees the collection so: of a shared one with the sharee's tag. */
export async function headSeen<Head extends ObjectHead | undefined>(
  context: CalendarContext,
  tx: Db,
  { mount }: Pick<Collection, 'mount'>,
  head: Head,
): Promise<Head | ObjectHead> {
  if (head === undefined || mount === undefined || mount.access === 'free-busy') return head;
  const state = (await personalStates(tx, mount.id, [head.id])).get(head.id);
  const [object] = await objectsByIds(tx, [head.id]);
  if (state === undefined || object === undefined) return head;
  const { etag, size, modifiedAt } = atOnce(personalForm(context, object, state));
  return { ...head, etag, size, modifiedAt };
}
