import { paramOf, propertiesOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { addressKey, isSameAddress, scheduleAgentOf, type IsMe } from '../itip/address.ts';
import { withMore, withParam } from '../itip/component-edit.ts';
import { MASTER } from '../itip/instance-key.ts';
import { byKey, instanceOf, readSeries } from '../itip/series.ts';
import type { Directory, GroupMember, Groups } from './directory.ts';

export interface GroupExpansion {
  readonly before: Component | undefined;
  readonly after: Component;
  /** Whether an address is the organizer's, who is in any case there. */
  readonly me: IsMe;
  /** Knows every address of both objects. */
  readonly directory: Directory;
  readonly groups: Groups;
  /**
   * `new`: a group that was invited before has the members that it had then, whoever writes; `all`: every group has those
   * that it has now.
   */
  readonly refresh: 'new' | 'all';
}

/**
 * An organizer's object with the people behind the groups that it invites (RFC 5545 §3.2.3, §3.2.11): the line of a group
 * stays, each of its members has one that names the group in MEMBER, as long as both are there. Who is invited by name is
 * not invited again; an answer outlives a client that leaves the members out. The same value where nothing has to be done.
 */
export function expandGroups(expansion: GroupExpansion): Component {
  const { before, after } = expansion;
  const series = readSeries(after);
  if (series === undefined) return after;
  const was = before && readSeries(before);
  const made = new Map<Component, Component>();
  for (const [key, component] of byKey(series)) {
    const known = was && (instanceOf(was, key) ?? instanceOf(was, MASTER));
    const expanded = expandedComponent(component, known, expansion);
    if (expanded !== component) made.set(component, expanded);
  }
  if (made.size === 0) return after;
  return { ...after, components: after.components.map((each) => made.get(each) ?? each) };
}

/** A line that invites a group, with who is invited through it. */
interface Invited {
  readonly line: Property;
  readonly id: string;
  /** By who they are (see `personOf`); to a line that they have already, or to what one is made of. */
  readonly people: ReadonlyMap<string, Property | GroupMember>;
}

interface Known {
  readonly keys: ReadonlySet<string>;
  readonly lines: readonly Property[];
  /** Of people, by who they are. */
  readonly people: ReadonlyMap<string, Property>;
}

function expandedComponent(component: Component, known: Component | undefined, expansion: GroupExpansion): Component {
  const before = knownOf(known, expansion);
  const invited = invitedGroups(component, before, expansion);
  const lines = propertiesOf(component, P.ATTENDEE);
  if (invited.length === 0 && !lines.some(({ params }) => params.has('MEMBER'))) return component;
  const settling = { keys: keysOf(lines), before, invited };
  const present = new Set<string>();
  let isOther = false;
  const properties = component.properties.flatMap((line): readonly Property[] => {
    if (line.name !== P.ATTENDEE) return [line];
    const settled = settledLine(line, settling, expansion);
    if (settled !== line) isOther = true;
    if (settled === undefined) return [];
    present.add(personOf(settled.value, expansion));
    return [settled];
  });
  const more = missingLines(invited, present, expansion);
  return isOther || more.length > 0 ? withMore({ ...component, properties }, more) : component;
}

function knownOf(known: Component | undefined, expansion: GroupExpansion): Known {
  const lines = known === undefined ? [] : propertiesOf(known, P.ATTENDEE);
  const people = new Map<string, Property>();
  for (const line of lines) {
    const person = personOf(line.value, expansion);
    if (!people.has(person)) people.set(person, line);
  }
  return { keys: keysOf(lines), lines, people };
}

const keysOf = (lines: readonly Property[]): ReadonlySet<string> =>
  new Set(lines.map(({ value }) => addressKey(value)));

/** Who somebody is, whatever address is used. */
const personOf = (address: string, { directory }: Pick<GroupExpansion, 'directory'>): string =>
  directory.find(address)?.id ?? addressKey(address);

/** The lines that invite groups of this server, which the server is to tell (RFC 6638 §7.1). */
function invitedGroups(component: Component, before: Known, expansion: GroupExpansion): readonly Invited[] {
  const { directory, groups, refresh } = expansion;
  return propertiesOf(component, P.ATTENDEE).flatMap((line): readonly Invited[] => {
    const user = directory.find(line.value);
    const members = user === undefined ? undefined : groups.get(user.id);
    if (user === undefined || members === undefined || scheduleAgentOf(line) !== 'SERVER') return [];
    const through = before.lines.filter((each) => memberOf(each).some((group) => user.me(group)));
    const isNew = refresh === 'all' || through.length === 0 || !before.people.has(user.id);
    const people = new Map<string, Property | GroupMember>();
    for (const member of members) {
      const known = before.people.get(member.id);
      if (known !== undefined || isNew) people.set(member.id, known ?? member);
    }
    if (!isNew) for (const each of through) people.set(personOf(each.value, expansion), each);
    return [{ line, id: user.id, people }];
  });
}

const memberOf = ({ params }: Property): readonly string[] => params.get('MEMBER') ?? [];

const withMember = (line: Property, groups: readonly string[]): Property => {
  const is = memberOf(line);
  if (is.length === groups.length && is.every((each, place) => each === groups[place])) return line;
  if (groups.length === 0) return withParam(line, 'MEMBER', undefined);
  return { ...line, params: new Map([...line.params, ['MEMBER', groups]]) };
};

interface Settling {
  /** The addresses that are invited. */
  readonly keys: ReadonlySet<string>;
  readonly before: Known;
  readonly invited: readonly Invited[];
}

/** A line as it is to be; undefined: who was there through groups alone, and is in none of them. */
function settledLine(line: Property, settling: Settling, expansion: GroupExpansion): Property | undefined {
  const { before, invited } = settling;
  if (invited.some((group) => group.line === line)) return asGroup(line);
  if (expansion.me(line.value)) return line;
  const person = personOf(line.value, expansion);
  const known = before.people.get(person);
  const wasThrough = known === undefined ? [] : memberOf(known);
  const said = memberOf(line);
  // A client that drops the parameter has not invited by name who is there through a group that still is.
  const through = said.length > 0 ? said : wasThrough.filter((group) => isThere(group, settling));
  if (through.length === 0) return line;
  const kept = through.filter((group) => isStillThrough(group, person, settling));
  if (kept.length === 0 && wasThrough.length > 0) return undefined;
  const others = invited.filter(
    (group) => group.people.has(person) && !kept.some((each) => isSame(each, group, expansion)),
  );
  return withMember(line, kept.length === 0 ? [] : [...kept, ...others.map((group) => group.line.value)]);
}

const asGroup = (line: Property): Property =>
  paramOf(line, 'CUTYPE')?.toUpperCase() === 'GROUP' ? line : withParam(line, 'CUTYPE', 'GROUP');

const isSame = (address: string, { id, line }: Invited, { directory }: GroupExpansion): boolean =>
  isSameAddress(address, line.value) || directory.find(address)?.id === id;

const isThere = (group: string, { keys }: Pick<Settling, 'keys'>): boolean => keys.has(addressKey(group));

function isStillThrough(group: string, person: string, settling: Settling): boolean {
  const { invited, before } = settling;
  const here = invited.find(({ line }) => isSameAddress(line.value, group));
  if (here !== undefined) return here.people.has(person);
  // Of a group elsewhere nothing is known but whether it is invited.
  return isThere(group, settling) || !isThere(group, before);
}

/** Lines for those who have none: the one from before, with its answer, or a new one. */
function missingLines(
  invited: readonly Invited[],
  present: ReadonlySet<string>,
  { me }: GroupExpansion,
): readonly Property[] {
  const missing = new Map<string, { readonly of: Property | GroupMember; readonly groups: Property[] }>();
  for (const { line, people } of invited) {
    for (const [person, of] of people) {
      if (present.has(person) || me('address' in of ? of.address : of.value)) continue;
      const found = missing.get(person) ?? { of, groups: [] };
      found.groups.push(line);
      missing.set(person, found);
    }
  }
  return [...missing.values()].map(({ of, groups }) =>
    withMember(
      'address' in of ? newLine(of, groups) : of,
      groups.map(({ value }) => value),
    ),
  );
}

function newLine({ address, name, type }: GroupMember, [group]: readonly Property[]): Property {
  const role = group?.params.get('ROLE');
  const params = new Map<string, readonly string[]>([
    ['CN', [name]],
    ['CUTYPE', [type]],
    ...(role === undefined ? [] : [['ROLE', role] as const]),
    ['PARTSTAT', ['NEEDS-ACTION']],
    ['RSVP', ['TRUE']],
  ]);
  return { name: P.ATTENDEE, params, value: address, line: 0 };
}
