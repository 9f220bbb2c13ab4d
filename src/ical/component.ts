/**
 * The read model of iCalendar (RFC 5545 §3.4 to §3.6): immutable components, properties and parameters, as the
 * tokenizer finds them. It serves reading (index, query, recurrence, free-busy); edits go through ical.js. The
 * client's octets stay the truth: nothing here is ever written back.
 */
export interface Property {
  /** Upper case. */
  readonly name: string;
  /** Upper-case parameter name to its values, RFC 6868 decoded, quotes removed. */
  readonly params: ReadonlyMap<string, readonly string[]>;
  /** The raw value after unfolding: escapes (`\n`, `\,`) are still in place. */
  readonly value: string;
  /** One-based number of the physical line where the content line begins. */
  readonly line: number;
}

export interface Component {
  /** Upper case: VCALENDAR, VEVENT, … */
  readonly name: string;
  readonly properties: readonly Property[];
  readonly components: readonly Component[];
  readonly line: number;
}

export function propertyOf(component: Component, name: string): Property | undefined {
  return component.properties.find((property) => property.name === name);
}

export function propertiesOf(component: Component, name: string): readonly Property[] {
  return component.properties.filter((property) => property.name === name);
}

/** The first value of a parameter. */
export function paramOf(property: Property, name: string): string | undefined {
  return property.params.get(name)?.[0];
}

/** Components that may be a calendar object resource's subject (RFC 4791 §4.1). VTIMEZONE is never one. */
export const CALENDAR_COMPONENTS = ['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY', 'VAVAILABILITY', 'VPOLL'] as const;
