import type { Actor } from '../auth/actor.ts';
import type { Steps } from '../base/steps.ts';
import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { createTurns, inTurns } from '../base/turns.ts';
import {
  addingAttachment,
  managedIdsIn,
  mostAttachments,
  removingAttachment,
  updatingAttachment,
  type ManagedAttachment,
} from '../ical/managed-attachments.ts';
import { subjectsOf, targetingInstances, type Targets } from '../ical/instance-targets.ts';
import { parsingCalendar } from '../ical/parse.ts';
import { requireOn } from './access.ts';
import { discardAttachment, receiveAttachment, type AttachmentContent } from './attachment-octets.ts';
import type { CalendarContext } from './context.ts';
import { objectAt } from './get-objects.ts';
import { requireAttachmentOctets, type Attachment } from './linked-attachments.ts';
import type { LockHolder } from './locks.ts';
import type { CalendarObject, Collection, ObjectHead, Principal } from './model.ts';
import { putObject } from './put-object.ts';

export interface Attach {
  readonly actor: Actor;
  readonly owner: Principal;
  /** Of kind calendar. */
  readonly collection: Collection;
  readonly name: string;
  /** The request's conditions: throws ConditionFailed. */
  readonly check: (current: ObjectHead | undefined) => void;
  /** Collections that must be as they were read: see requireUnchanged. */
  readonly unchanged: readonly Collection[];
  readonly locks?: LockHolder | undefined;
  /** Which components, in the words of targetingInstances; undefined: all that there are. */
  readonly rids?: readonly string[] | undefined;
  /** The URL of an attachment, for its ATTACH property. */
  readonly urlOf: (attachment: Attachment) => string;
}

export interface AttachmentSent extends AttachmentContent {
  /** Octets, where the client announced them. */
  readonly announced: number | undefined;
}

/** The object as it is now. */
export interface Attached {
  readonly object: CalendarObject;
  readonly attachment?: Attachment;
}

/**
 * Adds an attachment to an object, or to some instances, RFC 8607 §3.4. Throws what putObject and targetingInstances
 * throw, max-attachment-size (from the octets), max-attachments-per-resource and quota-not-exceeded.
 */
export function addAttachment(context: CalendarContext, request: Attach, sent: AttachmentSent): Promise<Attached> {
  const most = context.limits.attachmentsPerResource;
  return withAttachment(context, request, sent, {
    require({ components }) {
      if (mostAttachments(components) < most) return;
      throw new Refusal('max-attachments-per-resource', `At most ${most} attachments are accepted`);
    },
    isMore: true,
    edit: ({ octets, components }, by) => addingAttachment(octets, components, by),
  });
}

/** Puts another attachment in the place of the one of an id, RFC 8607 §3.5. Throws also valid-managed-id-parameter. */
export function updateAttachment(
  context: CalendarContext,
  request: Attach,
  { id, ...sent }: AttachmentSent & { readonly id: string },
): Promise<Attached> {
  return withAttachment(context, request, sent, {
    require: (targets) => requireManaged(targets, id),
    edit: ({ octets, components }, by) => updatingAttachment(octets, components, { id, by }),
  });
}

/** Takes the attachment of an id out of an object, RFC 8607 §3.6. Throws also valid-managed-id-parameter. */
export async function removeAttachment(context: CalendarContext, request: Attach, id: string): Promise<Attached> {
  await requireOn(context, request.actor, request.collection, 'write-content');
  const object = await rewrite(context, request, {
    require: (targets) => requireManaged(targets, id),
    edit: ({ octets, components }) => removingAttachment(octets, components, id),
  });
  return { object };
}

function requireManaged({ components }: Targets, id: string): void {
  if (managedIdsIn(components).has(id)) return;
  throw new Refusal('valid-managed-id-parameter', 'There is no attachment with this managed-id');
}

interface Change<More extends readonly unknown[]> {
  /** Whether it takes room without giving any back. */
  readonly isMore?: boolean;
  /** Throws a Refusal where the object does not allow it. */
  require(targets: Targets): void;
  edit(targets: Targets, ...more: More): Steps<Uint8Array>;
}

async function withAttachment(
  context: CalendarContext,
  request: Attach,
  sent: AttachmentSent,
  change: Change<[ManagedAttachment]>,
): Promise<Attached> {
  const { actor, collection, urlOf } = request;
  await requireOn(context, actor, collection, 'write-content');
  // What must fail fails before the octets have come.
  change.require((await current(context, request)).targets);
  if (change.isMore === true) {
    await requireAttachmentOctets(context, context.store.db, collection.homeId, sent.announced ?? 0);
  }
  const attachment = await receiveAttachment(context, collection.homeId, sent);
  const by = { ...attachment, url: urlOf(attachment), type: mediaTypeOf(sent.contentType) };
  try {
    const edit = (targets: Targets) => change.edit(targets, by);
    const require = (targets: Targets) => change.require(targets);
    return { attachment, object: await rewrite(context, { ...request, attachment }, { require, edit }) };
  } catch (error) {
    await discardAttachment(context, attachment);
    throw error;
  }
}

/** FMTTYPE has no place for parameters (RFC 5545 §3.2.8). */
const mediaTypeOf = (contentType: string): string => (contentType.split(';')[0] ?? '').trim().toLowerCase();

interface Current {
  readonly object: CalendarObject;
  readonly targets: Targets;
}

async function current(context: CalendarContext, { collection, name, check, rids }: Attach): Promise<Current> {
  const object = await objectAt(context, collection, name);
  check(object);
  if (object === undefined) throw new BadRequest('There is no such resource', { status: 404 });
  const { octets } = object;
  const turns = createTurns();
  const calendar = await inTurns(parsingCalendar(octets), turns);
  if (rids === undefined) return { object, targets: { octets, calendar, components: subjectsOf(calendar) } };
  const { recurrenceSteps, resourceOctets } = context.limits;
  const limits = { budget: { steps: recurrenceSteps }, most: resourceOctets };
  return { object, targets: await inTurns(targetingInstances(octets, calendar, rids, limits), turns) };
}

/** Another may write the object while it is changed here: then it is changed anew, but not for ever. */
const ATTEMPTS = 5;

async function rewrite(
  context: CalendarContext,
  request: Attach & { readonly attachment?: Attachment },
  change: Change<[]>,
): Promise<CalendarObject> {
  for (let attempt = 1; ; attempt += 1) {
    const { object, targets } = await current(context, request);
    change.require(targets);
    const octets = await inTurns(change.edit(targets), createTurns());
    let isStale = false;
    const check = (found: ObjectHead | undefined): void => {
      request.check(found);
      isStale = found?.etag !== object.etag;
      if (isStale) throw new ConditionFailed('The resource was changed meanwhile');
    };
    try {
      const { head } = await putObject(context, { ...request, octets, check });
      return { ...head, octets };
    } catch (error) {
      if (!isStale || attempt === ATTEMPTS) throw error;
    }
  }
}
