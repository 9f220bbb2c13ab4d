import { propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import type { Instant } from '../ical/time-value.ts';
import { timeOf } from '../ical/time-value.ts';
import { addressKey } from './address.ts';
import type { InstanceKey } from './instance-key.ts';

/** What orders the revisions of one component, RFC 5546 §2.1.5: SEQUENCE, then DTSTAMP. */
export interface Revision {
  readonly sequence: number;
  /** DTSTAMP; -Infinity where there is none. */
  readonly stamp: Instant;
}

/** One less than the largest INTEGER (RFC 5545 §3.3.8): there is always a next one, whatever somebody writes. */
const MOST = 2_147_483_646;

export function revisionOf(component: Component): Revision {
  const sequence = Number.parseInt(propertyOf(component, P.SEQUENCE)?.value ?? '0', 10);
  const stamp = propertyOf(component, P.DTSTAMP);
  return {
    sequence: Number.isNaN(sequence) ? 0 : Math.min(sequence, MOST),
    stamp: (stamp && timeOf(stamp)?.wall) ?? Number.NEGATIVE_INFINITY,
  };
}

/** Less than 0: `one` is older. */
export const compareRevisions = (one: Revision, other: Revision): number =>
  one.sequence === other.sequence
    ? one.stamp === other.stamp
      ? 0
      : one.stamp - other.stamp
    : one.sequence - other.sequence;

export const isOlder = (one: Revision, other: Revision | undefined): boolean =>
  other !== undefined && compareRevisions(one, other) < 0;

/**
 * What has to be remembered of messages beside the object itself (RFC 5546 §2.1.5), so that late ones are known as such:
 * plain data, kept for each calendar user and UID, also where there is no object.
 */
export interface Memory {
  /** The organizer's: the last answer of each attendee for each instance, by `key address`; the attendee's: his own, by `key `. */
  readonly answers: Readonly<Record<string, Revision>>;
  /** The attendee's: the last cancellation of each instance, of the whole under ''. */
  readonly cancelled: Readonly<Record<InstanceKey, Revision>>;
  /** addressKey of the organizer who has cancelled it; left out: of whom is not known. */
  readonly cancelledBy?: string | undefined;
  /** The attendee's: days that he has taken out of his own copy, which the organizer's series has; '': he has deleted it. */
  readonly hidden: readonly InstanceKey[];
}

export const NO_MEMORY: Memory = { answers: {}, cancelled: {}, hidden: [] };

export const answerName = (key: InstanceKey, addressKey: string): string => `${key} ${addressKey}`;

/** With more answers: of very many days one copy is made. */
export const withAnswers = (memory: Memory, more: Iterable<readonly [string, Revision]>): Memory => ({
  ...memory,
  answers: withMore(memory.answers, more),
});

/** Without the cancellations of anybody but this organizer: whoever knows a UID could else keep its invitation away. */
export function toldBy(memory: Memory, organizer: string): Memory {
  const { cancelledBy } = memory;
  const isOwn = cancelledBy === undefined || cancelledBy === addressKey(organizer);
  return isOwn ? memory : { ...memory, cancelled: {}, cancelledBy: undefined };
}

/** With more cancellations, as withAnswers. */
export const withCancelled = (memory: Memory, more: Iterable<readonly [InstanceKey, Revision]>): Memory => ({
  ...memory,
  cancelled: withMore(memory.cancelled, more),
});

const withMore = (
  known: Readonly<Record<string, Revision>>,
  more: Iterable<readonly [string, Revision]>,
): Readonly<Record<string, Revision>> => Object.fromEntries([...Object.entries(known), ...more]);

/** The answer that an attendee has given here himself, of an instance or of the series that it is in. */
export const ownAnswer = ({ answers }: Memory, key: InstanceKey): Revision | undefined =>
  answers[answerName(key, '')] ?? answers[answerName('', '')];
