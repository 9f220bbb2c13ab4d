import { P } from '../ical/names.ts';
import { isSameAddress } from './address.ts';
import { withProperties } from './component-edit.ts';
import type { ItipMessage } from './message.ts';

/**
 * An answer to an invitation that named another address as its organizer's than he has himself: as it would be had it named
 * his own.
 */
export function withOrganizer(message: ItipMessage, isNamed: (address: string) => boolean, own: string): ItipMessage {
  const components = message.calendar.components.map((component) =>
    component.name !== message.kind
      ? component
      : withProperties(component, (property) =>
          property.name === P.ORGANIZER && isNamed(property.value) && !isSameAddress(property.value, own)
            ? { ...property, value: own }
            : property,
        ),
  );
  return { ...message, calendar: { ...message.calendar, components } };
}
