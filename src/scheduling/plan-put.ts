import { Refusal } from '../base/refusal.ts';
import type { Component } from '../ical/component.ts';
import type { Instant } from '../ical/time-value.ts';
import { isSameAddress, type IsMe } from '../itip/address.ts';
import { attendeeChanges, type AttendeePlan } from '../itip/attendee-changes.ts';
import { organizerChanges, type OutgoingMessage } from '../itip/organizer-changes.ts';
import { plain, withProperty } from '../itip/component-edit.ts';
import { MASTER } from '../itip/instance-key.ts';
import { hasAttendeeComments, hasMadeUpComment } from '../itip/private-comments.ts';
import { NO_MEMORY, revisionOf, type Memory } from '../itip/revision.ts';
import { byKey, instanceOf, ITIP_COMPONENTS, readSeries } from '../itip/series.ts';
import { P } from '../ical/names.ts';
import type { Directory } from './directory.ts';
import { addressesOf, partIn, requireOneOrganizer, type Part } from './role.ts';

/** A change of one object in the calendar of somebody. */
export interface PutPlanning {
  readonly before: Component | undefined;
  readonly after: Component;
  /** Whether an address is the owner's, in whose name it happens whoever writes. */
  readonly me: IsMe;
  readonly now: Instant;
  readonly memory: Memory;
  readonly directory: Directory;
  /** Whether the writer may act for another calendar user of this server. */
  mayActFor(id: string): boolean;
  /** Whether the calendar is shared with the writer: left out, the writer is its owner or acts for them. */
  readonly isSharee?: boolean;
  /** Whose answers count where client and server differ: the server's with If-Schedule-Tag-Match (RFC 6638 §3.2.10). */
  readonly attendeeState: 'client' | 'server';
}

/** What a change of one object means: what is stored, and who is told. */
export type SchedulingPlan =
  | { readonly kind: 'plain' }
  | {
      readonly kind: 'organizer';
      /** As it is stored; undefined where it is deleted. */
      readonly calendar: Component | undefined;
      readonly messages: readonly OutgoingMessage[];
      /** What the organizer remembers: how far the revisions of a meeting went that is cancelled. */
      readonly memory: Memory;
      /** Whether it still has others in it, so that it is a scheduling object. */
      readonly isMeeting: boolean;
    }
  | ({ readonly kind: 'attendee' } & Omit<Extract<AttendeePlan, { kind: 'stored' }>, 'kind'>);

const PLAIN: SchedulingPlan = { kind: 'plain' };

/**
 * What PUT of an object means (RFC 6638 §3.2.1, §3.2.2). Throws same-organizer-in-all-components,
 * allowed-organizer-scheduling-object-change, allowed-attendee-scheduling-object-change and valid-attendee-comment-change.
 */
export function planPut(planning: PutPlanning): SchedulingPlan {
  const { before, after, me } = planning;
  const [was, is] = [partIn(before, me), partIn(after, me)];
  requireOneOrganizer(after);
  if (planning.isSharee === true) requireOwnersMeeting(me, was, is);
  if (was.role === 'attendee') return attendeePlan(planning, is);
  if (was.role === 'organizer' || is.role === 'organizer') {
    requireTrueComments(before, after);
    if (is.role === 'attendee' || is.role === 'stranger') {
      throw new Refusal('allowed-organizer-scheduling-object-change', 'A meeting keeps its organizer');
    }
    return organizerPlan(planning, is);
  }
  if (is.role === 'attendee') return attendeePlan(planning, is);
  if (is.role === 'stranger') requireMayOrganize(planning, was, is);
  return PLAIN;
}

function organizerPlan(planning: PutPlanning, is: Part): SchedulingPlan {
  const { before, after, me, now, memory, directory, attendeeState } = planning;
  const isToldElsewhere = addressesOf(after).some((address) => directory.find(address) === undefined);
  const fresh = isToldElsewhere ? afterCancellation(after, memory) : after;
  const { calendar, messages } = organizerChanges(before, fresh, { me, now, attendeeState });
  // Answers to an earlier meeting of this UID are none to this one.
  const remembered = before === undefined && memory !== NO_MEMORY ? { ...memory, answers: {} } : memory;
  return { kind: 'organizer', calendar, messages, memory: remembered, isMeeting: is.role === 'organizer' };
}

/**
 * A meeting that is back under the UID of one that was cancelled is a later revision of it (RFC 5546 §2.1.4) to those who
 * cannot know that it was sent later.
 */
function afterCancellation(calendar: Component, { cancelled }: Memory): Component {
  const last = cancelled[MASTER]?.sequence;
  if (last === undefined) return calendar;
  const raised = (component: Component): Component =>
    revisionOf(component).sequence > last ? component : withProperty(component, plain(P.SEQUENCE, String(last + 1)));
  const components = calendar.components.map((each) => (ITIP_COMPONENTS.has(each.name) ? raised(each) : each));
  return { ...calendar, components };
}

function attendeePlan({ before, after, me, now, memory }: PutPlanning, is: Part): SchedulingPlan {
  if (is.role === 'organizer') {
    throw new Refusal('allowed-attendee-scheduling-object-change', 'An attendee does not become the organizer');
  }
  // Before, it may have been an object without an organizer: nothing of it is the organizer's.
  const known = partIn(before, me).role === 'attendee' ? before : undefined;
  const plan = attendeeChanges(known, after, { me, now, memory });
  if (plan.kind === 'refused') throw new Refusal(plan.precondition, plan.why);
  return { ...plan, kind: 'attendee' };
}

/** Whoever writes in a shared calendar, its owner is the organizer of what is made there (caldav-sharing §5.5.5). */
function requireOwnersMeeting(me: IsMe, { organizer: was = '' }: Part, { organizer }: Part): void {
  if (organizer === undefined || me(organizer) || isSameAddress(was, organizer)) return;
  throw new Refusal('allowed-organizer-scheduling-object-change', 'In a shared calendar the organizer is its owner');
}

/** Throws valid-attendee-comment-change: what attendees have said in private is not the organizer's to change. */
function requireTrueComments(before: Component | undefined, after: Component): void {
  if (!hasAttendeeComments(after)) return;
  const [was, is] = [before && readSeries(before), readSeries(after)];
  if (was === undefined || is === undefined) return;
  if (![...byKey(is)].some(([key, component]) => hasMadeUpComment(component, instanceOf(was, key)))) return;
  throw new Refusal('valid-attendee-comment-change', 'A comment of an attendee is changed by the server alone');
}

/** Nobody stores a meeting of another person of this server as though that person had written it. */
function requireMayOrganize({ directory, mayActFor }: PutPlanning, was: Part, { organizer = '' }: Part): void {
  const user = directory.find(organizer);
  if (user === undefined || mayActFor(user.id)) return;
  if (was.role === 'stranger' && isSameAddress(was.organizer ?? '', organizer)) return;
  throw new Refusal(
    'allowed-organizer-scheduling-object-change',
    'The organizer is somebody else, who has not invited the owner of this calendar',
  );
}
