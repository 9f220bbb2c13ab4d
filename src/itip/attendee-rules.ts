import { propertiesOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { unescapeText } from '../ical/text.ts';
import { addressKey, attendeeOf, attendeesOf, isSameAddress, organizerOf, partstatOf, type IsMe } from './address.ts';
import { withMore, withoutProperties, withProperties } from './component-edit.ts';
import { delegatesIn, delegationFault, MOST_DELEGATES } from './delegation.ts';
import { isPersonal, isPersonalPart } from './personal.ts';
import type { Series } from './series.ts';
import { timeDifferences } from './significance.ts';

/**
 * Properties that an attendee must not say anything else of (RFC 6638 §3.2.2.1). Leaving one out is no change: many clients
 * drop what they do not know. All others of the organizer's are put back without a word.
 */
const GUARDED: ReadonlySet<string> = new Set([
  ...[P.SUMMARY, P.LOCATION, P.DESCRIPTION, P.CLASS, P.PRIORITY, P.URL, P.GEO, P.RESOURCES],
]);

/** What clients write though nothing is there, and says no more than nothing. */
const DEFAULTS: ReadonlySet<string> = new Set(['CLASS:PUBLIC', 'PRIORITY:0']);

export interface AttendeesView {
  readonly me: IsMe;
  readonly before: Series['context'];
  readonly after: Series['context'];
}

/** Why an attendee's component is no change that is his; undefined: it is. */
export function forbiddenChange(
  known: Component,
  sent: Component,
  { me, before, after }: AttendeesView,
): string | undefined {
  const [time] = timeDifferences(known, sent, { before, after });
  if (time !== undefined) return `${time} is the organizer's`;
  const organizer = organizerOf(sent);
  if (organizer !== undefined && !isSameAddress(organizer, organizerOf(known) ?? ''))
    return "ORGANIZER is the organizer's";
  for (const name of GUARDED) {
    const [was, is] = [textsOf(known, name), textsOf(sent, name)];
    if (is !== '' && is !== was && !(was === '' && DEFAULTS.has(`${name}:${is.toUpperCase()}`)))
      return `${name} is the organizer's`;
  }
  return guestFault(known, sent, me);
}

const textsOf = (component: Component, name: string): string =>
  propertiesOf(component, name)
    .map(({ value }) => unescapeText(value).trim())
    .sort()
    .join('\n');

/** Nobody but the organizer invites, except a delegate (RFC 5546 §3.2.2.3). */
function guestFault(known: Component, sent: Component, me: IsMe): string | undefined {
  const own = attendeeOf(sent, me);
  const delegates = own === undefined || partstatOf(own) !== 'DELEGATED' ? [] : delegatesIn(own, 'DELEGATED-TO');
  if (delegates.length > MOST_DELEGATES) return `nobody delegates to more than ${MOST_DELEGATES}`;
  for (const to of delegates) {
    const fault = own === undefined ? undefined : delegationFault(known, own.value, to);
    if (fault !== undefined) return fault;
  }
  const guests = attendeesOf(known);
  for (const [key, { value }] of attendeesOf(sent)) {
    if (!guests.has(key) && !me(value) && !delegates.some((to) => addressKey(to) === key))
      return `${value} is not invited`;
  }
  return undefined;
}

/** Parameters of his own ATTENDEE that an attendee sets. */
const OWN_PARAMS = ['PARTSTAT', 'RSVP', 'DELEGATED-TO', 'SENT-BY'] as const;

/** What the server has, with what is the attendee's in what he has sent (RFC 6638 §3.2.2.1). */
export function withAttendeesPart(known: Component, sent: Component, me: IsMe): Component {
  const kept = known.properties.filter((property) => !isPersonal(property, known));
  const own = sent.properties.filter((property) => isPersonal(property, sent) || NOTED.has(property.name));
  const noted = kept.filter(({ name }) => !NOTED.has(name) || !own.some((each) => each.name === name));
  const parts = [
    ...known.components.filter((part) => !isPersonalPart(part)),
    ...sent.components.filter(isPersonalPart),
  ];
  const made: Component = { ...known, properties: [...noted, ...own], components: parts };
  const answer = attendeeOf(sent, me);
  if (answer === undefined) return made;
  const answered = withProperties(made, (property) =>
    property.name === P.ATTENDEE && me(property.value) ? withOwnParams(property, answer) : property,
  );
  return withDelegates(answered, sent, answer);
}

/** RFC 6638 §3.2.2.1 (9), but for DTSTAMP, which orders the organizer's messages here. */
const NOTED: ReadonlySet<string> = new Set([P.CREATED, P['LAST-MODIFIED']]);

/**
 * A day that the client does not know yet, as another's answer has made it: where the attendee has said of it what he had
 * said of the series, he says now what he says of that.
 */
export function followingSeries(known: Component, series: Component, sent: Component, me: IsMe): Component {
  const [own, before, answer] = [attendeeOf(known, me), attendeeOf(series, me), attendeeOf(sent, me)];
  if (own === undefined || before === undefined || answer === undefined) return known;
  if (partstatOf(own) !== partstatOf(before)) return known;
  return withProperties(withTranspOf(known, series, sent), (property) =>
    property.name === P.ATTENDEE && me(property.value) ? withOwnParams(property, answer) : property,
  );
}

/** Whether it blocks time is answered with the series too, where it did as the series did. */
function withTranspOf(known: Component, series: Component, sent: Component): Component {
  const transpOf = (component: Component): Property | undefined => propertyOf(component, P.TRANSP);
  if (transpOf(known)?.value !== transpOf(series)?.value) return known;
  const [kept, transp] = [withoutProperties(known, ({ name }) => name === P.TRANSP), transpOf(sent)];
  return transp === undefined ? kept : withMore(kept, [transp]);
}

function withOwnParams(attendee: Property, answer: Property): Property {
  const params = new Map(attendee.params);
  for (const name of OWN_PARAMS) {
    const own = answer.params.get(name);
    if (own === undefined) params.delete(name);
    else params.set(name, own);
  }
  return { ...attendee, params };
}

function withDelegates(made: Component, sent: Component, answer: Property): Component {
  const guests = attendeesOf(made);
  const missing = delegatesIn(answer, 'DELEGATED-TO').filter((to) => !guests.has(addressKey(to)));
  const lines = missing.flatMap((to) => {
    const line = attendeesOf(sent).get(addressKey(to));
    return line === undefined
      ? []
      : [{ ...line, params: new Map([...line.params, ['DELEGATED-FROM', [answer.value]]]) }];
  });
  return withMore(made, lines);
}

/** Comments that the attendee has added: they go to the organizer with the answer. */
export function newComments(known: Component, sent: Component): readonly Property[] {
  const before = new Set(propertiesOf(known, P.COMMENT).map(({ value }) => value));
  return propertiesOf(sent, P.COMMENT).filter(({ value }) => !before.has(value));
}
