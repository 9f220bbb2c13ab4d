import { paramOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import {
  addressKey,
  attendeeLinesOf,
  attendeeOf,
  attendeesOf,
  isOneOf,
  isSameAddress,
  organizerOf,
  scheduleAgentOf,
  type IsMe,
} from './address.ts';
import {
  plain,
  withMore,
  withoutParams,
  withoutProperties,
  withParam,
  withProperties,
  withProperty,
} from './component-edit.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { PEOPLE, sharedForm } from './personal.ts';
import { componentsOf, excludedKeys, hasInstance, ITIP_COMPONENTS, withExdates, type Series } from './series.ts';

export interface CopyOptions {
  /** Each copy names but the organizer and its owner; left out: as the object itself says, see hidesGuests. */
  readonly hideGuests?: boolean | undefined;
}

/**
 * In an organizer's object: who is invited sees nobody else who is. It is hideAttendees of JMAP for Calendars, as servers of
 * that write it into iCalendar; no copy has it.
 */
export const HIDE_GUESTS = 'X-JMAP-HIDE-ATTENDEES';

/** Whether the guests of an organizer's object do not see each other: one component that says so is enough. */
export const hidesGuests = (series: Pick<Series, 'master' | 'overrides'> | undefined): boolean =>
  series !== undefined && componentsOf(series).some((component) => markOf(component) === true);

function markOf(component: Component): boolean | undefined {
  const mark = propertyOf(component, HIDE_GUESTS)?.value.trim().toUpperCase();
  return mark === undefined ? undefined : mark === 'TRUE';
}

/** An organizer's program that does not know the mark, and loses it, shows nobody to anybody: it takes FALSE for that. */
export function stillHidingGuests(before: Series | undefined, after: Component): Component {
  if (!hidesGuests(before)) return after;
  const subjects = after.components.filter(({ name }) => ITIP_COMPONENTS.has(name));
  if (subjects.some((component) => markOf(component) !== undefined)) return after;
  const mark = withParam(plain(HIDE_GUESTS, 'TRUE'), 'VALUE', 'BOOLEAN');
  const components = after.components.map((each) => (ITIP_COMPONENTS.has(each.name) ? withMore(each, [mark]) : each));
  return { ...after, components };
}

/** An attendee's copy of a series, in the form in which it is sent: the components that are his, by key. */
export interface AttendeeCopy {
  readonly components: ReadonlyMap<InstanceKey, Component>;
  /** Instances that the copy takes out of its master. */
  readonly excluded: ReadonlySet<InstanceKey>;
}

/** RFC 6638 §7.1 to §7.3: none of them is ever sent. */
export const SCHEDULE_PARAMS = ['SCHEDULE-AGENT', 'SCHEDULE-STATUS', 'SCHEDULE-FORCE-SEND'] as const;

/**
 * What an attendee gets of an organizer's series (RFC 6638 §3.2.6): the components that name him, with EXDATE for the
 * days that do not; undefined: he takes part in none, or another tells him (SCHEDULE-AGENT).
 */
export function copyFor(series: Series, me: IsMe, options: CopyOptions = {}): AttendeeCopy | undefined {
  const shown = { hideGuests: options.hideGuests === true || hidesGuests(series) };
  const isIn = (component: Component): boolean => {
    const attendee = attendeeOf(component, me);
    return attendee !== undefined && scheduleAgentOf(attendee) === 'SERVER';
  };
  const components = new Map<InstanceKey, Component>();
  const master = series.master !== undefined && isIn(series.master) ? series.master : undefined;
  const excluded = new Set(master === undefined ? [] : excludedKeys(series));
  const without: InstanceKey[] = [];
  for (const [key, override] of series.overrides) {
    if (isIn(override)) components.set(key, sentForm(override, me, shown));
    else if (master !== undefined && hasInstance(series, key) && !excluded.has(key)) without.push(key);
  }
  if (master !== undefined) {
    // An instant, whose name no definition of a zone changes.
    components.set(MASTER, sentForm(withExdates(master, { form: undefined }, without), me, shown));
    for (const key of without) excluded.add(key);
  }
  return components.size === 0 ? undefined : { components, excluded };
}

/** A component as it goes out: no personal parts, no parameters of the server's own; other guests as the option says. */
export function sentForm(component: Component, me: IsMe, { hideGuests = false }: CopyOptions = {}): Component {
  const whole = WHOLE.get(component) ?? wholeForm(component);
  WHOLE.set(component, whole);
  return hideGuests ? withoutOthers(whole, me) : whole;
}

/** Each guest has a copy of his own of the same component, where guests are hidden. */
const WHOLE = new WeakMap<Component, Component>();

const wholeForm = (component: Component): Component =>
  withProperties(
    withoutProperties(sharedForm(component), ({ name }) => name === P['REQUEST-STATUS']),
    (property) =>
      property.name === P.ATTENDEE || property.name === P.ORGANIZER
        ? withoutParams(property, SCHEDULE_PARAMS)
        : property,
  );

/** Without the other guests, also where PARTICIPANT tells of one (RFC 9073 §7.1). */
function withoutOthers(component: Component, me: IsMe): Component {
  const organizer = organizerOf(component) ?? '';
  const isOther = (address: string): boolean => !me(address) && !isSameAddress(address, organizer);
  const guests = attendeesOf(component);
  const isOtherGuest = (part: Component): boolean => {
    const address = part.name === 'PARTICIPANT' ? propertyOf(part, 'CALENDAR-ADDRESS')?.value : undefined;
    return address !== undefined && isOther(address) && guests.has(addressKey(address));
  };
  const isOrganizer = isOneOf(organizer);
  const lines = [...attendeeLinesOf(component, isOrganizer), ...attendeeLinesOf(component, me)];
  const { before, after } = besideGuests(component);
  // Nor by which group somebody is invited.
  const alone = [...new Set(lines)].map((line) => withParam(line, 'MEMBER', undefined));
  const shown: Component = {
    ...component,
    properties: [...before, ...alone, ...after],
    components: component.components.filter((part) => !isOtherGuest(part)),
  };
  const mine = attendeeOf(component, me);
  if (mine === undefined || !HELD.has(cutypeOf(mine))) return shown;
  const people = [...guests.values()].filter((guest) => isPerson(guest)).length;
  return withProperty(shown, plain(PEOPLE, String(people)));
}

interface BesideGuests {
  readonly before: readonly Property[];
  readonly after: readonly Property[];
}

const BESIDE = new WeakMap<Component, BesideGuests>();

/** What a component has before its first ATTENDEE, and all else but these: of very many guests it is asked once. */
function besideGuests(component: Component): BesideGuests {
  const known = BESIDE.get(component);
  if (known !== undefined) return known;
  const { properties } = component;
  const at = properties.findIndex(({ name }) => name === P.ATTENDEE);
  const first = at < 0 ? properties.length : at;
  const after = properties.slice(first).filter(({ name }) => name !== P.ATTENDEE);
  const beside = { before: properties.slice(0, first), after };
  BESIDE.set(component, beside);
  return beside;
}

const HELD: ReadonlySet<string> = new Set(['ROOM', 'RESOURCE']);

const cutypeOf = (attendee: Property): string => paramOf(attendee, 'CUTYPE')?.toUpperCase() ?? 'INDIVIDUAL';

const isPerson = (attendee: Property): boolean =>
  !HELD.has(cutypeOf(attendee)) &&
  cutypeOf(attendee) !== 'GROUP' &&
  paramOf(attendee, 'ROLE')?.toUpperCase() !== 'NON-PARTICIPANT';

/** The components of a copy in the order in which they are written. */
export const copyComponents = ({ components }: AttendeeCopy): readonly Component[] =>
  [...components].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, component]) => component);

/** STATUS of a component. */
export const statusOf = (component: Component): string =>
  propertyOf(component, P.STATUS)?.value.trim().toUpperCase() ?? '';
