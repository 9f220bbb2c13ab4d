import type { Component, Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { attendeesOf, scheduleAgentOf, type IsMe } from '../itip/address.ts';
import { hidesGuests, sentForm } from '../itip/copy.ts';
import { componentsOf, ITIP_COMPONENTS, readSeries, type Series } from '../itip/series.ts';

/** How much an organizer's object is when everybody has it, in octets, about. */
export interface CopiesSize {
  /** In calendars here: what is the same for several is stored once. */
  readonly here: number;
  /** In messages to those elsewhere: each has one. */
  readonly elsewhere: number;
}

export interface CopiesAsked {
  /** Whether an address is the organizer's. */
  readonly me: IsMe;
  /** Whether an address is of somebody of this server. */
  readonly isHere: (address: string) => boolean;
}

/**
 * What the copies of an organizer's object are together: known before any is made, from who is in which of its components.
 * People who are in the same ones have the same copy; where guests are hidden, each has one of his own.
 */
export function sizeOfCopies(calendar: Component, { me, isHere }: CopiesAsked): CopiesSize {
  const series = readSeries(calendar);
  if (series === undefined) return { here: 0, elsewhere: 0 };
  const isHidden = hidesGuests(series);
  const sizes = componentsOf(series).map((component) => sizeOf(sentForm(component, me), isHidden));
  const zones = calendar.components.filter(({ name }) => !ITIP_COMPONENTS.has(name));
  const common = zones.reduce((sum, each) => sum + sizeOf(each, false), 0);
  const known = new Set<string>();
  let [here, elsewhere] = [0, 0];
  for (const { address, parts } of guestsOf(series, me)) {
    const size = parts.reduce((sum, part) => sum + (sizes[part] ?? 0), common);
    if (!isHere(address)) elsewhere += size;
    else {
      const name = isHidden ? address : parts.join(' ');
      if (!known.has(name)) here += size;
      known.add(name);
    }
  }
  return { here, elsewhere };
}

interface Guest {
  readonly address: string;
  /** The components that name him, by their places. */
  readonly parts: number[];
}

function guestsOf(series: Series, me: IsMe): Iterable<Guest> {
  const guests = new Map<string, Guest>();
  componentsOf(series).forEach((component, place) => {
    for (const [key, line] of attendeesOf(component)) {
      const { value: address } = line;
      if (scheduleAgentOf(line) !== 'SERVER' || me(address)) continue;
      const guest = guests.get(key) ?? { address, parts: [] };
      guests.set(key, guest);
      guest.parts.push(place);
    }
  });
  return guests.values();
}

/** Octets of a component, about, `bare`: without those who are invited. */
const sizeOf = ({ properties, components }: Component, bare: boolean): number =>
  properties.reduce((sum, each) => (bare && each.name === P.ATTENDEE ? sum : sum + lengthOf(each)), 0) +
  components.reduce((sum, each) => sum + sizeOf(each, bare), 0);

function lengthOf({ name, params, value }: Property): number {
  let length = name.length + value.length + 3;
  for (const [param, values] of params) for (const each of values) length += param.length + each.length + 2;
  return length;
}
