import type { Invitation } from '../../calendar/open-invitation.ts';
import type { Zone } from '../../ical/timezone.ts';
import type { Speech } from './language.ts';
import type { Done, Fault } from './words/words.ts';

/** What stands in the fields of the page, as it was sent or as it is to begin with. */
export interface Filled {
  readonly answer: string;
  /** `all` or `day`. */
  readonly scope: string;
  readonly day: string;
  readonly guests: string;
  readonly comment: string;
  readonly proposedDay: string;
  readonly startDate: string;
  readonly startTime: string;
  readonly endDate: string;
  readonly endTime: string;
  readonly proposalComment: string;
}

/** All that one page shows. */
export interface View {
  readonly invitation: Invitation;
  /** `/invitation/TOKEN` */
  readonly path: string;
  readonly speech: Speech;
  /** In which times are told. */
  readonly zone: Zone;
  /** Whether the visitor has chosen it. */
  readonly isChosenZone: boolean;
  readonly nonce: string;
  readonly filled: Filled;
  /** Which of the two forms was sent, where it comes back. */
  readonly sent?: 'answer' | 'propose' | undefined;
  /** Whether the form for another time is open. */
  readonly isProposing: boolean;
  readonly faults: readonly Fault[];
  readonly done?: Done | undefined;
}

/** The id of the field at which each fault is. */
export const FIELD_OF: Readonly<Record<Fault, { readonly answer: string; readonly propose: string }>> = {
  answer: { answer: 'answer-ACCEPTED', propose: 'answer-ACCEPTED' },
  scope: { answer: 'scope-all', propose: 'proposed-day' },
  day: { answer: 'day', propose: 'proposed-day' },
  guests: { answer: 'guests', propose: 'guests' },
  comment: { answer: 'comment', propose: 'proposal-comment' },
  start: { answer: 'start-date', propose: 'start-date' },
  end: { answer: 'end-date', propose: 'end-date' },
  order: { answer: 'end-date', propose: 'end-date' },
  'same-time': { answer: 'start-date', propose: 'start-date' },
  nonce: { answer: 'send-answer', propose: 'send-proposal' },
  refused: { answer: 'send-answer', propose: 'send-proposal' },
};
