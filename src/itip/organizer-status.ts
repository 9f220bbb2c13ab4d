import type { Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { withParam, withProperties } from './component-edit.ts';

/** SCHEDULE-STATUS of an attendee's copy stands on ORGANIZER (RFC 6638 §3.2.9). */
export const withOrganizerStatus = (calendar: Component, status: string): Component => ({
  ...calendar,
  components: calendar.components.map((component) =>
    withProperties(component, (property) =>
      property.name === P.ORGANIZER ? withParam(property, 'SCHEDULE-STATUS', status) : property,
    ),
  ),
});
