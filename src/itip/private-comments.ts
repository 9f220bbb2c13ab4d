import { paramOf, propertiesOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { escapeText, unescapeText } from '../ical/text.ts';
import type { Instant } from '../ical/time-value.ts';
import { attendeesOf, addressKey, isSameAddress } from './address.ts';
import { utcText, withMore, withoutProperties } from './component-edit.ts';

/** What an attendee lets the organizer alone know, in the attendee's copy and in answers (caldav-privatecomments §4.1.4). */
const PRIVATE_COMMENT = 'X-CALENDARSERVER-PRIVATE-COMMENT';
/** The same as the organizer has it (caldav-privatecomments §4.1.5). */
const ATTENDEE_COMMENT = 'X-CALENDARSERVER-ATTENDEE-COMMENT';
const REF = 'X-CALENDARSERVER-ATTENDEE-REF';
const STAMP = 'X-CALENDARSERVER-DTSTAMP';

/** The private comment of an attendee's component; there is one at most. */
export const privateCommentOf = (component: Component): Property | undefined => propertyOf(component, PRIVATE_COMMENT);

/** An answer whose COMMENT is its private comment, where it has none. */
export function withCommentAsPrivate(answer: Component): Component {
  const comment = propertyOf(answer, P.COMMENT);
  if (comment === undefined || comment.value.trim() === '' || privateCommentOf(answer) !== undefined) return answer;
  return withMore(answer, [{ name: PRIVATE_COMMENT, params: new Map(), value: comment.value, line: 0 }]);
}

/** Whether an attendee tells the organizer something else than before. */
export const isOtherPrivateComment = (before: Component, after: Component): boolean =>
  textOf(privateCommentOf(before)) !== textOf(privateCommentOf(after));

/** Programs escape in several ways what is the same. */
const textOf = (comment: Property | undefined): string => unescapeText(comment?.value ?? '');

/** What the organizer has of an attendee's comment; undefined: there never was one. */
export const attendeeCommentOf = (component: Component, attendee: string): string | undefined =>
  commentOf(component, attendee)?.value;

const commentOf = (component: Component, attendee: string): Property | undefined =>
  propertiesOf(component, ATTENDEE_COMMENT).find((comment) => isSameAddress(paramOf(comment, REF) ?? '', attendee));

/**
 * An organizer's component with what an answer says in private (caldav-privatecomments §3.2): the comment of who answers,
 * once, with when it came; an answer without one empties what was there.
 */
export function withAttendeeComment(
  component: Component,
  answer: Component,
  attendee: string,
  now: Instant,
): Component {
  const [said, known] = [privateCommentOf(answer), commentOf(component, attendee)];
  if (said === undefined && known === undefined) return component;
  const params = new Map([
    [STAMP, [utcText(now)]],
    [REF, [attendee]],
  ]);
  const comment: Property = { name: ATTENDEE_COMMENT, params, value: wordOf(said?.value ?? ''), line: 0 };
  const others = withoutProperties(
    component,
    (property) => property.name === ATTENDEE_COMMENT && isSameAddress(paramOf(property, REF) ?? '', attendee),
  );
  return withMore(others, [comment]);
}

/** Whether an attendee has ever said something in private about it. */
export const hasAttendeeComments = (calendar: Component): boolean =>
  calendar.components.some((component) => propertyOf(component, ATTENDEE_COMMENT) !== undefined);

/** Characters of a comment: a word to the organizer, whose object anybody who is invited could else fill. */
const MOST_COMMENT = 10_000;

/** A comment without what controls a terminal or a line, and not too long; one that is neither stays as it is written. */
function wordOf(value: string): string {
  if (value.length <= MOST_COMMENT && !/\p{Cc}/u.test(value)) return value;
  const plain = unescapeText(value).replace(/[^\P{Cc}\t\n]/gu, ' ');
  return escapeText(plain.slice(0, MOST_COMMENT).toWellFormed());
}

/** Comments that an organizer's program has lost, of those who are still invited, are there again. */
export function withKnownComments(component: Component, known: Component | undefined): Component {
  const lost = (known === undefined ? [] : propertiesOf(known, ATTENDEE_COMMENT)).filter(
    (comment) => commentOf(component, paramOf(comment, REF) ?? '') === undefined,
  );
  return withoutStrayComments(withMore(component, lost));
}

/** Whether an organizer's component has a comment that no attendee made: the server alone writes them (§4.2.3). */
export const hasMadeUpComment = (component: Component, known: Component | undefined): boolean =>
  known !== undefined &&
  propertiesOf(component, ATTENDEE_COMMENT).some((comment) => {
    const made = commentOf(known, paramOf(comment, REF) ?? '');
    return made === undefined || textOf(made) !== textOf(comment);
  });

/** Without the comments of those who are not invited any more (caldav-privatecomments §3.2). */
function withoutStrayComments(component: Component): Component {
  if (propertyOf(component, ATTENDEE_COMMENT) === undefined) return component;
  const guests = attendeesOf(component);
  return withoutProperties(
    component,
    (property) => property.name === ATTENDEE_COMMENT && !guests.has(addressKey(paramOf(property, REF) ?? '')),
  );
}
