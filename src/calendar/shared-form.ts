import { Refusal } from '../base/refusal.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import { commonText } from '../ical/personal-parts.ts';
import { parsingCalendar } from '../ical/parse.ts';
import type { Component } from '../ical/component.ts';
import { keepSharedForm, type Shareable } from '../store/personal-objects.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import type { ObjectHead } from './model.ts';
import { formForOthers, limitsOf } from './personal-forms.ts';
import type { ReadObject } from './read-object.ts';

/** Octets of an object that is compared inside a transaction, in which nothing else can run. */
const MOST = 256 * 1024;

/**
 * Of an object of a shared calendar that was just replaced: where its owner changed nothing but what is the owner's own,
 * others go on to see what they saw, stamps and all, and are told of no change (docs/adr/0019-personal-data.md).
 */
export async function keepForOthers(
  context: CalendarContext,
  tx: Db,
  { octets, shared }: Shareable,
  { head, object }: { readonly head: ObjectHead; readonly object: ReadObject },
): Promise<void> {
  const seen = shared.octets ?? octets;
  if (object.component === '' || Math.max(seen.byteLength, object.octets.byteLength) > MOST) return;
  if (!atOnce(sameForOthers(context, seen, object.calendar))) return;
  await keepSharedForm(tx, head, { ...shared, octets: atOnce(formForOthers(context, seen)) });
}

/** Whether an object is what octets are, but for personal parts and stamps; not of what cannot be read (any more). */
export function* sameForOthers(context: CalendarContext, octets: Uint8Array, object: Component): Steps<boolean> {
  try {
    const before = yield* parsingCalendar(octets);
    return (yield* commonText(before, limitsOf(context))) === (yield* commonText(object, limitsOf(context)));
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
