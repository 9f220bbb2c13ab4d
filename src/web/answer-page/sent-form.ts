import { COMMENT_LENGTH, MOST_GUESTS, type GivenAnswer } from '../../calendar/answer-invitation.ts';
import type { Invitation } from '../../calendar/open-invitation.ts';
import { parseTimeValue, type WallTime } from '../../ical/time-value.ts';
import type { Zone } from '../../ical/timezone.ts';
import type { Filled } from './view.ts';
import { dateInput, timeInput, toldIn } from './when.ts';
import type { Fault } from './words/words.ts';

const ANSWERS: readonly GivenAnswer[] = ['ACCEPTED', 'TENTATIVE', 'DECLINED'];

/** Words of links for the answers. */
const ALIASES: Readonly<Record<string, GivenAnswer>> = {
  accept: 'ACCEPTED',
  yes: 'ACCEPTED',
  maybe: 'TENTATIVE',
  decline: 'DECLINED',
  no: 'DECLINED',
};

/** The answer that a link or a form names; undefined where that is none. */
export const answerNamed = (text: string | null): GivenAnswer | undefined =>
  text === null
    ? undefined
    : (ANSWERS.find((each) => each === text.trim().toUpperCase()) ?? ALIASES[text.trim().toLowerCase()]);

/** What the fields hold before anybody has touched them; `asked` is the answer that the link in the mail names. */
export function filledAtFirst(invitation: Invitation, zone: Zone, asked: GivenAnswer | undefined): Filled {
  const { answer, guests, comment, time, days } = invitation;
  const told = time === undefined ? undefined : toldIn(time, zone);
  const first = days.find(({ isCancelled }) => !isCancelled)?.key ?? '';
  return {
    answer: asked ?? answerNamed(answer) ?? '',
    scope: 'all',
    day: first,
    guests: String(guests),
    comment,
    proposedDay: first,
    startDate: told === undefined ? '' : dateInput(told.start),
    startTime: told === undefined ? '' : timeInput(told.start),
    endDate: told === undefined ? '' : dateInput(told.end),
    endTime: told === undefined ? '' : timeInput(told.end),
    proposalComment: '',
  };
}

/** The fields as they were sent, over those at first. */
export function filledFrom(form: URLSearchParams, first: Filled): Filled {
  const sent = (name: string, otherwise: string): string => form.get(name) ?? otherwise;
  if (form.get('do') !== 'propose') {
    return {
      ...first,
      answer: answerNamed(form.get('answer')) ?? '',
      scope: sent('scope', 'all'),
      day: sent('day', first.day),
      guests: sent('guests', '0'),
      comment: sent('comment', ''),
    };
  }
  return {
    ...first,
    proposedDay: sent('day', first.proposedDay),
    startDate: sent('start-date', ''),
    startTime: sent('start-time', ''),
    endDate: sent('end-date', ''),
    endTime: sent('end-time', ''),
    proposalComment: sent('comment', ''),
  };
}

export interface ReadAnswer {
  readonly answer: GivenAnswer;
  readonly instance: string | undefined;
  readonly guests: number;
  readonly comment: string;
}

/** The answer that was sent, or what is wrong with it. */
export function readAnswer(filled: Filled, { isSeries }: Pick<Invitation, 'isSeries'>): ReadAnswer | readonly Fault[] {
  const faults: Fault[] = [];
  const answer = answerNamed(filled.answer);
  if (answer === undefined) faults.push('answer');
  const isDay = isSeries && filled.scope === 'day';
  if (isSeries && !isDay && filled.scope !== 'all') faults.push('scope');
  const guests = /^\s*\d{0,2}\s*$/.test(filled.guests) ? Number(filled.guests) : NaN;
  if (!(guests <= MOST_GUESTS)) faults.push('guests');
  if (isTooLong(filled.comment)) faults.push('comment');
  if (answer === undefined || faults.length > 0) return faults;
  return { answer, guests, comment: filled.comment, instance: isDay ? filled.day : undefined };
}

/** A browser counts one for a line end, and sends two. */
const isTooLong = (comment: string): boolean => comment.replaceAll('\r\n', '\n').length > COMMENT_LENGTH;

export interface ReadProposal {
  readonly start: WallTime;
  readonly end: WallTime;
  readonly instance: string | undefined;
  readonly comment: string;
}

/** The proposal that was sent, or what is wrong with it. */
export function readProposal(filled: Filled, invitation: Invitation, zone: Zone): ReadProposal | readonly Fault[] {
  const { isSeries, days, time } = invitation;
  const day = isSeries ? days.find(({ key }) => key === filled.proposedDay) : undefined;
  const known = isSeries ? day?.time : time;
  if (known === undefined) return ['day'];
  const told = toldIn(known, zone);
  const isDays = told.kind === 'days';
  const start = wallOf(filled.startDate, isDays ? '00:00' : filled.startTime);
  const end = wallOf(filled.endDate, isDays ? '00:00' : filled.endTime);
  const faults: Fault[] = [];
  if (start === undefined) faults.push('start');
  if (end === undefined) faults.push('end');
  if (start !== undefined && end !== undefined && end < start) faults.push('order');
  if (faults.length === 0 && start === told.start && end === told.end) faults.push('same-time');
  if (isTooLong(filled.proposalComment)) faults.push('comment');
  if (start === undefined || end === undefined || faults.length > 0) return faults;
  return { start, end, comment: filled.proposalComment, instance: day?.key };
}

/** A date and a time of a form on the wall. */
function wallOf(date: string, time: string): WallTime | undefined {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date.trim()) ?? [];
  const [, hour, minute] = /^(\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?$/.exec(time.trim()) ?? [];
  if (year === undefined || hour === undefined) return undefined;
  return parseTimeValue(`${year}${month}${day}T${hour}${minute}00`, undefined, false)?.wall;
}
