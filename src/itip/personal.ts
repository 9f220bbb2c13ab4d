import { propertiesOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { withMore, withoutProperties } from './component-edit.ts';

/** How many people are invited: in copies of rooms that name nobody else, so that they know whether all find a seat. */
export const PEOPLE = 'X-KALENDS-PEOPLE';

/**
 * Properties of X- names that say something for all: they are sent, and an attendee does not change them. All other X-
 * properties are a program's or a person's own.
 */
const SHARED_X: ReadonlySet<string> = new Set([
  PEOPLE,
  'X-APPLE-STRUCTURED-LOCATION',
  'X-ALT-DESC',
  'X-GOOGLE-CONFERENCE',
  'X-MICROSOFT-SKYPETEAMSMEETINGURL',
  'X-MICROSOFT-ONLINEMEETINGCONFLINK',
]);

/** What everybody has for himself beside what RFC 6638 §3.2.2.1 lists: how it looks and is filed in one's own calendar. */
const OWN: ReadonlySet<string> = new Set([P.TRANSP, P.CATEGORIES, P.COLOR]);

/** How far an attendee has come with a task, RFC 6638 §3.2.2.1 (3), (4). */
const OWN_OF_TASK: ReadonlySet<string> = new Set([P['PERCENT-COMPLETE'], P.COMPLETED, P.STATUS]);

/** Whether a property is the own of who has the copy: it survives messages, and is nobody else's business. */
export const isPersonal = (property: Property, component: Pick<Component, 'name'>): boolean =>
  OWN.has(property.name) ||
  (property.name.startsWith('X-') && !SHARED_X.has(property.name)) ||
  (component.name === 'VTODO' && OWN_OF_TASK.has(property.name));

/** Parts that are nobody else's business. */
export const isPersonalPart = ({ name }: Component): boolean => name === 'VALARM' || name.startsWith('X-');

/** Own properties that a first invitation brings along as a beginning. */
const GIVEN: ReadonlySet<string> = new Set([P.TRANSP, P.CATEGORIES]);

/** A component as it is sent to others (RFC 5546 §3.2.2): without what is the sender's own. */
export function sharedForm(component: Component): Component {
  const kept = withoutProperties(
    component,
    (property) =>
      isPersonal(property, component) && !GIVEN.has(property.name) && !isOrganizersState(property, component),
  );
  return { ...kept, components: component.components.filter((part) => !isPersonalPart(part)) };
}

/** STATUS of a task is the organizer's as long as it says that it is cancelled (RFC 5545 §3.8.1.11). */
const isOrganizersState = ({ name, value }: Property, component: Component): boolean =>
  component.name === 'VTODO' && name === P.STATUS && value.trim().toUpperCase() === 'CANCELLED';

/**
 * What an organizer says, with what the receiver has for himself in his own component of the instance, or else of the
 * series. Without one, as it came but for alarms: those of others do not ring here.
 */
export function withPersonal(incoming: Component, own: Component | undefined): Component {
  const bare = { ...incoming, components: incoming.components.filter((part) => !isPersonalPart(part)) };
  if (own === undefined)
    return withoutProperties(bare, (property) => property.name.startsWith('X-') && isPersonal(property, bare));
  const isTheirs = (property: Property): boolean => isPersonal(property, bare) && !isOrganizersState(property, bare);
  const mine = own.properties.filter((property) => isPersonal(property, own) && !isOrganizersState(property, own));
  const said = withoutProperties(bare, isTheirs);
  const isCancelled = said.properties.some((property) => isOrganizersState(property, said));
  const kept = withMore(said, isCancelled ? mine.filter(({ name }) => name !== P.STATUS) : mine);
  return { ...kept, components: [...kept.components, ...own.components.filter(isPersonalPart)] };
}

/** Whether somebody has something of his own in an override that his master has not. */
export function hasOwnParts(override: Component, master: Component | undefined): boolean {
  const own = textsOf(override);
  return master === undefined ? own.length > 0 : own.join('\n') !== textsOf(master).join('\n');
}

function textsOf(component: Component): readonly string[] {
  const lines = component.properties
    .filter((property) => isPersonal(property, component))
    .map(({ name, value }) => `${name}:${value}`);
  const parts = component.components
    .filter(isPersonalPart)
    .map((part) => JSON.stringify(part.properties.map(({ name, value }) => [name, value])));
  return [...lines.sort(), ...parts.sort()];
}

export const isCancelled = (component: Component): boolean =>
  propertyOf(component, P.STATUS)?.value.trim().toUpperCase() === 'CANCELLED';

/** Comments that are meant for the organizer go with the reply (RFC 5546 §3.2.3). */
export const commentsOf = (component: Component): readonly Property[] => propertiesOf(component, P.COMMENT);
