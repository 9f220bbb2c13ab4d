import type { Component } from '../ical/component.ts';
import type { Instant } from '../ical/time-value.ts';
import type { IsMe } from './address.ts';
import type { InstanceKey } from './instance-key.ts';
import type { ItipMessage } from './message.ts';
import type { Memory } from './revision.ts';
import type { Change } from './significance.ts';

/** Who receives a message, and when. */
export interface Receiving {
  /** The calendar user in whose calendar it arrives. */
  readonly me: IsMe;
  readonly now: Instant;
  readonly memory: Memory;
  /** Who has sent it, where that is known: anybody else than whom the message names is refused. */
  readonly from?: string | undefined;
  /** It only tells the answers of others: nobody is to be asked or told, and what is not there is not made. */
  readonly quiet?: boolean | undefined;
  /** It says what another message has said: what he has deleted is not made again by it. */
  readonly noted?: boolean | undefined;
  /** What he is asked for takes no time of his (TRANSP:TRANSPARENT) until he has answered, as Apple's servers have it. */
  readonly isFreeUntilAnswered?: boolean | undefined;
}

/** What a message does to the receiver's object. */
export interface Outcome {
  /**
   * `ignored`: it says nothing new, or something that is out of date; `refused`: it may not do what it says. Both leave
   * all as it is.
   */
  readonly outcome: 'created' | 'updated' | 'removed' | 'ignored' | 'refused';
  /** The object as it is to be stored; there for `created` and `updated` alone. */
  readonly calendar?: Component;
  /** One sentence on the outcome, for the log and for who asks why. */
  readonly why: string;
  readonly memory: Memory;
  /** False: only what others have answered is different, and the schedule tag stays (RFC 6638 §3.2.10). */
  readonly isConsequential?: boolean;
  /** Nothing but SEQUENCE and DTSTAMP is different: where messages cannot overtake each other, it need not be stored. */
  readonly onlyStamps?: boolean;
  /** It changes nothing by itself: the receiver reads it, and decides. */
  readonly isToRead?: boolean;
  /** What is different now, for a mail or a notice. */
  readonly changes?: readonly Change[];
  /** A message that is to be sent back: RFC 5546 asks for it. */
  readonly answer?: ItipMessage;
  /** Answers that a reply has brought. */
  readonly answers?: readonly Answer[];
  /** The reply was to an earlier revision: its sender does not know the present one, or what has become of the answer. */
  readonly crossed?: boolean;
}

/** Who has answered what, of which instance. */
export interface Answer {
  readonly address: string;
  readonly instance: InstanceKey;
  readonly partstat: string;
}

/** Nothing is changed. */
export const unchanged = (outcome: 'ignored' | 'refused', why: string, memory: Memory): Outcome => ({
  outcome,
  why,
  memory,
});
