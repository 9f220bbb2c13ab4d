import type { Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { readTime, valueIn, formOf, wallAt, type Form } from '../ical/recurrence-timing.ts';
import { escapeText } from '../ical/text.ts';
import type { Instant, TimeValue, WallTime } from '../ical/time-value.ts';
import { attendeeOf, isOneOf, type IsMe } from '../itip/address.ts';
import { plain, timeProperty, withMore, withoutParams, withParam, withProperties } from '../itip/component-edit.ts';
import { makeCounter } from '../itip/counter.ts';
import { MASTER, type InstanceKey } from '../itip/instance-key.ts';
import { makeReply } from '../itip/make-reply.ts';
import type { ItipMessage } from '../itip/message.ts';
import type { Outcome } from '../itip/outcome.ts';
import { isCancelled } from '../itip/personal.ts';
import { instanceOf } from '../itip/series.ts';
import type { CalendarContext } from './context.ts';
import { record, type Recorded } from './flight-recorder.ts';
import { rememberRecipient } from './mail-tokens.ts';
import { answerOf, openInvitation, type AnswerState, type Invitation } from './open-invitation.ts';
import { receiveMessage } from './receive-message.ts';

export type GivenAnswer = Extract<AnswerState, 'ACCEPTED' | 'TENTATIVE' | 'DECLINED'>;

export interface AskedAnswer {
  readonly answer: GivenAnswer;
  /** One day of a series; left out: the whole, with the days that were not answered by themselves. */
  readonly instance?: InstanceKey | undefined;
  /** For the organizer alone; it takes the place of what was said before. */
  readonly comment?: string | undefined;
  /** How many come with him. */
  readonly guests?: number | undefined;
}

export interface AskedProposal {
  readonly instance?: InstanceKey | undefined;
  /** On the wall of `zone`; of all-day events only the days count, and the end is the last day. */
  readonly start: WallTime;
  readonly end: WallTime;
  readonly toInstant: (wall: WallTime) => Instant;
  readonly comment?: string | undefined;
}

/**
 * What has come of it. `gone`: the invitation is not there (any more); `closed`: cancelled or over; `unknown-day`: no such day, or
 * it is past or cancelled; `refused`: the organizer's calendar does not take it.
 */
export type Answered = 'done' | 'same' | 'gone' | 'closed' | 'unknown-day' | 'refused';

/** The longest comment, in characters. */
export const COMMENT_LENGTH = 2000;
/** Guests that somebody can bring. */
export const MOST_GUESTS = 99;

/** Answers an invitation in its recipient's name, as a REPLY of his own would; the same again changes nothing. */
export async function answerInvitation(context: CalendarContext, token: string, asked: AskedAnswer): Promise<Answered> {
  const found = await openFor(context, token, asked.instance);
  if (typeof found === 'string') return found;
  const { invitation, target } = found;
  const me = isOneOf(invitation.me.address);
  const comment = cleanComment(asked.comment ?? '');
  const guests = asked.answer === 'DECLINED' ? 0 : Math.min(Math.max(asked.guests ?? 0, 0), MOST_GUESTS);
  const components = target === undefined ? singleDays(invitation) : [target];
  const meant = target === undefined || asked.instance ? components : [...components, ...waitingDays(invitation, me)];
  const isSame = meant.every((each) => answerOf(each, me) === asked.answer);
  if (isSame && isSaid(invitation, asked, { comment, guests })) return 'same';
  const parts = components.map((component) => ({
    component: commented(withGuests(component, me, guests), comment),
    partstat: asked.answer,
    comments: comment === '' ? [] : [plain(P.COMMENT, escapeText(comment))],
  }));
  const message = makeReply(parts, [invitation.copy.calendar], { me, now: context.clock() });
  const days = target === undefined || asked.instance ? ` for ${asked.instance ?? 'the single days'}` : '';
  return message === undefined ? 'gone' : send(context, invitation, { message, said: `${asked.answer}${days}` });
}

/** Proposes another time to the organizer, who takes it or not. */
export async function proposeTime(context: CalendarContext, token: string, asked: AskedProposal): Promise<Answered> {
  const found = await openFor(context, token, asked.instance);
  if (typeof found === 'string') return found;
  const { invitation, target } = found;
  const [start, end] = target === undefined ? [] : proposedTimes(invitation, target, asked);
  if (target === undefined || start === undefined || end === undefined) return 'unknown-day';
  const comment = cleanComment(asked.comment ?? '');
  const endName = target.name === 'VTODO' ? P.DUE : P.DTEND;
  const properties = [
    timeProperty(P.DTSTART, start),
    timeProperty(endName, end),
    ...(comment === '' ? [] : [plain(P.COMMENT, escapeText(comment))]),
  ];
  const message = makeCounter(invitation.copy.calendar, {
    me: isOneOf(invitation.me.address),
    now: context.clock(),
    instance: asked.instance ?? MASTER,
    properties,
  });
  const said = `proposes ${properties[0]?.value ?? ''} to ${properties[1]?.value ?? ''}`;
  return message === undefined ? 'gone' : send(context, invitation, { message, said });
}

/** Notes that somebody has the page before him, as its script tells; it says nothing about the invitation. */
export async function pageOpened(
  context: CalendarContext,
  token: string,
  place: { readonly zone?: string | undefined; readonly language?: string | undefined },
): Promise<void> {
  const invitation = await openInvitation(context, token);
  if (invitation === undefined || invitation.state === 'over') return;
  await rememberPlace(context, invitation, place);
  await note(context, invitation, 'opened', 'the answer page');
}

/** Keeps where and in which language the recipient reads, for the mails to come. */
export async function rememberPlace(
  { store }: CalendarContext,
  { homeId, uid, me, zone, language }: Invitation,
  place: { readonly zone?: string | undefined; readonly language?: string | undefined },
): Promise<void> {
  const isNews = (place.zone ?? zone) !== zone || (place.language ?? language) !== language;
  if (isNews) await store.write((tx) => rememberRecipient(tx, { homeId, uid, recipient: me.address }, place));
}

interface OpenFor {
  readonly invitation: Invitation;
  /** What is answered; undefined: all the single days of who is not invited to the whole. */
  readonly target: Component | undefined;
}

async function openFor(
  context: CalendarContext,
  token: string,
  instance: InstanceKey = MASTER,
): Promise<OpenFor | Exclude<Answered, 'done'>> {
  const invitation = await openInvitation(context, token);
  if (invitation === undefined) return 'gone';
  if (invitation.state !== 'open') return 'closed';
  if (instance === MASTER) return { invitation, target: invitation.copy.master };
  const day = invitation.days.find(({ key, isCancelled: isOff }) => key === instance && !isOff);
  const target = day && instanceOf(invitation.copy, day.key);
  return target === undefined ? 'unknown-day' : { invitation, target };
}

/** The days to come of who is invited to some days alone. */
const singleDays = ({ copy, days }: Invitation): readonly Component[] =>
  days.flatMap(({ key }) => {
    const component = copy.overrides.get(key);
    return component === undefined || isCancelled(component) ? [] : [component];
  });

/** Days that are described by themselves and wait for an answer: one to the whole is meant for them, too. */
const waitingDays = ({ copy }: Invitation, me: IsMe): readonly Component[] =>
  [...copy.overrides.values()].filter((each) => !isCancelled(each) && answerOf(each, me) === 'NEEDS-ACTION');

/** Whether the comment and the guests are what the organizer has already; of single days nothing else can be said. */
const isSaid = (
  invitation: Invitation,
  { instance }: AskedAnswer,
  { comment, guests }: { readonly comment: string; readonly guests: number },
): boolean =>
  instance === undefined || instance === MASTER
    ? comment === invitation.comment && guests === invitation.guests
    : comment === '' && guests === 0;

const withGuests = (component: Component, me: IsMe, guests: number): Component =>
  withProperties(component, (property) =>
    property === attendeeOf(component, me)
      ? withParam(
          // Whoever answers himself takes back what he has delegated.
          withoutParams(property, ['SENT-BY', 'DELEGATED-TO']),
          'X-NUM-GUESTS',
          guests === 0 && !property.params.has('X-NUM-GUESTS') ? undefined : String(guests),
        )
      : property,
  );

/** So that it stands beside his name in the organizer's object (caldav-privatecomments §3.2). */
const commented = (component: Component, comment: string): Component =>
  comment === '' ? component : withMore(component, [plain('X-CALENDARSERVER-PRIVATE-COMMENT', escapeText(comment))]);

/** Text of a person: no control characters, nothing that turns the direction of what stands behind it, not too long. */
export const cleanComment = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, ' ')
    .trim()
    .slice(0, COMMENT_LENGTH)
    .toWellFormed();

/** The proposed times in the form in which the event has its own. */
function proposedTimes(
  { copy, floating }: Invitation,
  target: Component,
  { start, end, toInstant }: AskedProposal,
): readonly [TimeValue, TimeValue] | readonly [] {
  const now = readTime(target, P.DTSTART);
  if (now === undefined) return [];
  const form = formOf(now, { zones: copy.context.zones, floating });
  if (form.kind === 'date') return [valueIn(form, start), valueIn(form, end + DAY_LENGTH)];
  const at = (wall: WallTime): TimeValue =>
    valueIn(form, form.kind === 'floating' ? wall : wallIn(form, toInstant(wall)));
  return [at(start), at(end)];
}

const DAY_LENGTH = 86_400_000;

const wallIn = (form: Form, instant: Instant): WallTime => (form.kind === 'utc' ? instant : wallAt(form, instant));

async function send(
  context: CalendarContext,
  invitation: Invitation,
  { message, said }: { readonly message: ItipMessage; readonly said: string },
): Promise<Answered> {
  const { me, organizer } = invitation;
  const outcomes: Outcome[] = [];
  const onOutcome = (outcome: Outcome): void => void outcomes.push(outcome);
  const status = await receiveMessage(context, { to: organizer.address, from: me.address, message, onOutcome });
  const [outcome] = outcomes;
  const isRefused = status !== '1.2' || outcome === undefined || outcome.outcome === 'refused';
  const isNews = outcome?.outcome === 'updated' || outcome?.isToRead === true;
  const what = isRefused ? 'refused' : isNews ? 'answered' : 'ignored';
  const why = what === 'answered' ? '' : `: ${outcome?.why ?? 'it cannot be stored'}`;
  await note(context, invitation, what, `${said}, on the answer page${why}`);
  if (what === 'ignored') return message.method === 'REPLY' ? 'same' : 'refused';
  return isRefused ? 'refused' : 'done';
}

/** A line of the flight recorder. */
async function note(
  { store, clock }: CalendarContext,
  { homeId, uid, me }: Invitation,
  what: Recorded,
  detail: string,
): Promise<void> {
  await store.write((tx) => record(tx, { homeId, uid, recipient: me.address, at: clock(), what, detail }));
}
