import type { Steps } from '../base/steps.ts';
import { BadRequest, Refusal } from '../base/refusal.ts';
import { objectByName } from '../store/objects.ts';
import {
  keepOwnForm,
  keepSharedForm,
  ownFormsOf,
  personalStates,
  sharedBefore,
  type NewOwnForm,
  type PersonalState,
  type SharedForm,
} from '../store/personal-objects.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import type { CalendarObject, Collection, ObjectHead } from './model.ts';
import { formForOthers, headSeen, personalForm } from './personal-forms.ts';
import { etagOf, readingObject, type ReadObject } from './read-object.ts';
import type { WrittenObject } from './write-object.ts';

interface Way {
  readonly how: 'copy' | 'move';
  readonly from: { readonly collection: Collection; readonly name: string };
  readonly to: { readonly collection: Collection };
}

/** What stands at the source of a COPY or MOVE. */
export interface Source {
  readonly object: CalendarObject;
  /** Where it is found in a calendar of somebody else. */
  readonly state: PersonalState | undefined;
}

/** What becomes of it. */
export interface TransferredForm {
  /** As who takes it sees it. */
  readonly seen: ObjectHead;
  /** What who takes it has at the destination. */
  readonly taken: Uint8Array;
  /** What is stored there for all. */
  readonly base: ReadObject;
}

const isWithin = ({ from, to }: Way): boolean => from.collection.id === to.collection.id;

/** caldav-sharing §5.5.5: what is in the calendar of another is not taken away from there, nor times alone copied. */
export function requireTransferable(way: Way): void {
  const { mount } = way.from.collection;
  if (mount === undefined) return;
  if (mount.access === 'free-busy') {
    throw new Refusal('need-privileges', 'Of this object only the times may be read', { privilege: 'read' });
  }
  if (way.how === 'move' && !isWithin(way)) {
    throw new BadRequest('Nothing is moved out of a calendar that another shares', { status: 403 });
  }
}

export async function sourceOf(db: Db, { collection, name }: Way['from']): Promise<Source | undefined> {
  const object = await objectByName(db, collection.id, name);
  if (object === undefined || collection.mount === undefined) return object && { object, state: undefined };
  return { object, state: (await personalStates(db, collection.mount.id, [object.id])).get(object.id) };
}

export const isSameSource = (one: Source | undefined, other: Source | undefined): boolean =>
  one?.object.etag === other?.object.etag &&
  one?.state?.shared.etag === other?.state?.shared.etag &&
  one?.state?.own?.etag === other?.state?.own?.etag;

/**
 * A sharee takes what the sharee sees, and brings into the calendar of another what is not the sharee's own alone; within
 * one calendar the object stays what it is for all.
 */
export function* transferring(context: CalendarContext, way: Way, { object, state }: Source): Steps<TransferredForm> {
  const shown = state === undefined ? object : yield* personalForm(context, object, state);
  const taken = isWithin(way) ? object.octets : shown.octets;
  const isBrought = way.to.collection.mount !== undefined && !isWithin(way);
  const base = isBrought ? yield* formForOthers(context, taken) : taken;
  return { seen: shown, taken, base: yield* readingObject(context, way.to.collection, base) };
}

/** What people have for themselves of an object that gets another name in its calendar. */
export interface Kept {
  readonly own: readonly NewOwnForm[];
  readonly shared: SharedForm | undefined;
}

export async function keptOf(tx: Db, way: Way, { id }: CalendarObject): Promise<Kept> {
  if (way.how === 'copy' || !isWithin(way)) return { own: [], shared: undefined };
  return { own: await ownFormsOf(tx, id), shared: (await sharedBefore(tx, id))?.shared };
}

/** Keeps beside the object at the destination what is somebody's own of it; returns it as who took it sees it there. */
export async function keepTransferred(
  context: CalendarContext,
  tx: Db,
  { way, form, kept }: { readonly way: Way; readonly form: TransferredForm; readonly kept: Kept },
  written: WrittenObject,
): Promise<WrittenObject> {
  const { head, seq } = written;
  for (const own of kept.own) await keepOwnForm(tx, { ...own, objectId: head.id, seq });
  if (kept.shared?.octets !== undefined) {
    await keepSharedForm(tx, head, { ...kept.shared, seq, octets: kept.shared.octets });
  }
  const { mount } = way.to.collection;
  if (mount === undefined) return written;
  if (form.taken !== form.base.octets) {
    await keepOwnForm(tx, {
      ...{ objectId: head.id, mountId: mount.id, homeId: mount.homeId, sharedEtag: head.etag, seq },
      ...{ etag: etagOf(form.taken), modifiedAt: context.clock(), octets: form.taken },
    });
  }
  return { ...written, head: await headSeen(context, tx, way.to.collection, head) };
}
