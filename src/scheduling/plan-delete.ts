import type { Component } from '../ical/component.ts';
import type { Instant } from '../ical/time-value.ts';
import type { IsMe } from '../itip/address.ts';
import { attendeeChanges } from '../itip/attendee-changes.ts';
import { organizerChanges } from '../itip/organizer-changes.ts';
import { MASTER } from '../itip/instance-key.ts';
import { withCancelled, type Memory } from '../itip/revision.ts';
import type { SchedulingPlan } from './plan-put.ts';
import { partIn } from './role.ts';

export interface DeletePlanning {
  readonly before: Component;
  readonly me: IsMe;
  readonly now: Instant;
  readonly memory: Memory;
  /** Schedule-Reply: F (RFC 6638 §8.1). */
  readonly silent: boolean;
}

/** What the removal of an object means: an organizer's is cancelled, an attendee's declined (RFC 6638 §3.2.1.3, §3.2.2.4). */
export function planDelete({ before, me, now, memory, silent }: DeletePlanning): SchedulingPlan {
  const { role } = partIn(before, me);
  if (role === 'organizer') {
    const { messages } = organizerChanges(before, undefined, { me, now });
    const sequence = messages.reduce((most, { message }) => Math.max(most, message.sequence), 0);
    const remembered = withCancelled(memory, [[MASTER, { sequence, stamp: now }]]);
    return { kind: 'organizer', calendar: undefined, messages, memory: remembered, isMeeting: false };
  }
  if (role !== 'attendee') return { kind: 'plain' };
  const plan = attendeeChanges(before, undefined, { me, now, memory, silent });
  return plan.kind === 'stored' ? { ...plan, kind: 'attendee' } : { kind: 'plain' };
}
