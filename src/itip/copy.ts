import { propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { attendeeOf, isSameAddress, organizerOf, scheduleAgentOf, type IsMe } from './address.ts';
import { withoutParams, withoutProperties, withProperties } from './component-edit.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { sharedForm } from './personal.ts';
import { excludedKeys, hasInstance, withExdates, type Series } from './series.ts';

export interface CopyOptions {
  /** Each copy names but the organizer and its owner. */
  readonly hideGuests?: boolean | undefined;
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
  const isIn = (component: Component): boolean => {
    const attendee = attendeeOf(component, me);
    return attendee !== undefined && scheduleAgentOf(attendee) === 'SERVER';
  };
  const components = new Map<InstanceKey, Component>();
  const master = series.master !== undefined && isIn(series.master) ? series.master : undefined;
  const excluded = new Set(master === undefined ? [] : excludedKeys(series));
  const without: InstanceKey[] = [];
  for (const [key, override] of series.overrides) {
    if (isIn(override)) components.set(key, sentForm(override, me, options));
    else if (master !== undefined && hasInstance(series, key) && !excluded.has(key)) without.push(key);
  }
  if (master !== undefined) {
    components.set(MASTER, sentForm(withExdates(master, series, without), me, options));
    for (const key of without) excluded.add(key);
  }
  return components.size === 0 ? undefined : { components, excluded };
}

/** A component as it goes out: no personal parts, no parameters of the server's own. */
export function sentForm(component: Component, me: IsMe, { hideGuests = false }: CopyOptions = {}): Component {
  const organizer = organizerOf(component) ?? '';
  const shown = (property: Property): boolean =>
    !hideGuests || property.name !== P.ATTENDEE || me(property.value) || isSameAddress(property.value, organizer);
  const shared = withoutProperties(
    sharedForm(component),
    (property) => property.name === P['REQUEST-STATUS'] || !shown(property),
  );
  return withProperties(shared, (property) =>
    property.name === P.ATTENDEE || property.name === P.ORGANIZER ? withoutParams(property, SCHEDULE_PARAMS) : property,
  );
}

/** The components of a copy in the order in which they are written. */
export const copyComponents = ({ components }: AttendeeCopy): readonly Component[] =>
  [...components].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, component]) => component);

/** STATUS of a component. */
export const statusOf = (component: Component): string =>
  propertyOf(component, P.STATUS)?.value.trim().toUpperCase() ?? '';
