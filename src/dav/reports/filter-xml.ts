import { Refusal } from '../../base/refusal.ts';
import type { CompFilter, FilterTest, ParamFilter, PropFilter } from '../../ical/filter-ast.ts';
import { COLLATIONS, MATCH_TYPES, type TextMatch } from '../../ical/text-match.ts';
import type { TimeRange } from '../../ical/time-value.ts';
import { caldav, NAMESPACES, splitName, type ClarkName } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { requireFilterSize } from './filter-size-xml.ts';
import { parseTimeRange } from './time-range-xml.ts';

/**
 * Components that stand only in certain others (RFC 5545 §3.6, RFC 7953 §3.1, RFC 9073 §7, RFC 9074 §8). A name that
 * is not listed is a non-standard one, which may stand anywhere (RFC 4791 §7.7).
 */
const PARENTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['VCALENDAR', []],
  ['VEVENT', ['VCALENDAR', 'VPOLL']],
  ['VTODO', ['VCALENDAR', 'VPOLL']],
  ['VJOURNAL', ['VCALENDAR', 'VPOLL']],
  ['VFREEBUSY', ['VCALENDAR', 'VPOLL']],
  ['VAVAILABILITY', ['VCALENDAR']],
  ['VPOLL', ['VCALENDAR']],
  ['VTIMEZONE', ['VCALENDAR']],
  ['STANDARD', ['VTIMEZONE']],
  ['DAYLIGHT', ['VTIMEZONE']],
  ['AVAILABLE', ['VAVAILABILITY']],
  ['VALARM', ['VEVENT', 'VTODO', 'VPOLL']],
  ['PARTICIPANT', ['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY']],
  ['VLOCATION', ['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY', 'PARTICIPANT', 'VALARM']],
  ['VRESOURCE', ['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY', 'PARTICIPANT']],
]);

/** RFC 4791 §9.9 gives CALDAV:time-range a meaning on these components, and RFC 7953 gives the last two times. */
const TIMED_COMPONENTS = ['*', 'VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY', 'VALARM', 'VAVAILABILITY', 'AVAILABLE'];

/** RFC 4791 §9.9, last table; then the single DATE-TIME values of RFC 5545 §3.8.4.4 and RFC 9074 §6.1. */
const TIMED_PROPERTIES = [
  ...['COMPLETED', 'CREATED', 'DTEND', 'DTSTAMP', 'DTSTART', 'DUE', 'LAST-MODIFIED'],
  ...['RECURRENCE-ID', 'ACKNOWLEDGED'],
];

const invalid = (reason: string): Refusal => new Refusal('valid-filter', reason);

/**
 * CALDAV:filter (RFC 4791 §9.7), with `test`, `match-type` and `*` of draft-daboo-caldav-extensions §3. Elements of
 * other namespaces are passed over (RFC 4918 §17); an unknown one of CalDAV's is refused, as it would narrow.
 *
 * @throws Refusal valid-filter, supported-collation
 * @throws BadRequest for a time-range that has neither start nor end, and for a filter of too many elements
 */
export function parseFilter(node: XmlNode): CompFilter {
  requireFilterSize(node, 'CALDAV:filter');
  const [outermost, second] = childrenByName(node, ['comp-filter']).of('comp-filter');
  if (outermost === undefined || second !== undefined) throw invalid('CALDAV:filter must hold one comp-filter');
  const filter = parseCompFilter(outermost, undefined);
  if (filter.name !== 'VCALENDAR') throw invalid(`The outermost comp-filter must be VCALENDAR, not ${filter.name}`);
  return filter;
}

function parseCompFilter(node: XmlNode, parent: string | undefined): CompFilter {
  const name = nameOf(node);
  checkNesting(name, parent);
  const kinds = ['is-not-defined', 'time-range', 'prop-filter', 'comp-filter'] as const;
  const children = childrenByName(node, kinds);
  const timeRange = optional(node, children.of('time-range'));
  if (timeRange !== undefined && !TIMED_COMPONENTS.includes(name)) throw invalid(`${name} has no time range`);
  return {
    name,
    isNotDefined: isNotDefined(node, children),
    ...(timeRange && { timeRange: timeRangeOf(timeRange) }),
    props: children.of('prop-filter').map(parsePropFilter),
    comps: children.of('comp-filter').map((child) => parseCompFilter(child, name)),
    test: testOf(node),
  };
}

function checkNesting(name: string, parent: string | undefined): void {
  if (parent === undefined) return;
  const parents = PARENTS.get(name);
  if (parents === undefined || parents.includes(parent)) return;
  // Below `*` and below a non-standard component, what the RFCs say of standard ones does not hold.
  if (name !== 'VCALENDAR' && !PARENTS.has(parent)) return;
  throw invalid(`A comp-filter ${name} cannot stand in ${parent}`);
}

function parsePropFilter(node: XmlNode): PropFilter {
  const name = nameOf(node);
  const children = childrenByName(node, ['is-not-defined', 'time-range', 'text-match', 'param-filter']);
  const timeRange = optional(node, children.of('time-range'));
  const textMatch = optional(node, children.of('text-match'));
  if (timeRange && textMatch) throw invalid(`The prop-filter ${name} has both a time-range and a text-match`);
  if (timeRange && !TIMED_PROPERTIES.includes(name)) throw invalid(`The property ${name} has no time range`);
  return {
    name,
    isNotDefined: isNotDefined(node, children),
    ...(timeRange && { timeRange: timeRangeOf(timeRange) }),
    ...(textMatch && { textMatch: textMatchOf(textMatch) }),
    params: children.of('param-filter').map(parseParamFilter),
    test: testOf(node),
  };
}

function parseParamFilter(node: XmlNode): ParamFilter {
  const children = childrenByName(node, ['is-not-defined', 'text-match']);
  const textMatch = optional(node, children.of('text-match'));
  const name = nameOf(node);
  if (isNotDefined(node, children)) return { name, condition: 'is-not-defined' };
  return { name, condition: textMatch ? textMatchOf(textMatch) : 'exists' };
}

function textMatchOf(node: XmlNode): TextMatch {
  childrenByName(node, []);
  const collation = node.attributes.get('collation') ?? 'default';
  const found = collation === 'default' ? COLLATIONS[0] : COLLATIONS.find((known) => known === collation);
  if (found === undefined) {
    throw new Refusal(
      'supported-collation',
      `The collation ${collation.slice(0, 40)} is none of ${COLLATIONS.join(', ')}`,
    );
  }
  return {
    text: node.text,
    collation: found,
    negate: attribute(node, 'negate-condition', ['no', 'yes']) === 'yes',
    matchType: attribute(node, 'match-type', MATCH_TYPES),
  };
}

const timeRangeOf = (node: XmlNode): TimeRange => parseTimeRange(node, { refuse: invalid });
const testOf = (node: XmlNode): FilterTest => attribute(node, 'test', ['allof', 'anyof']);

/** An attribute with a closed list of values, of which the first is the default. */
function attribute<T extends string>(node: XmlNode, name: string, values: readonly [T, ...T[]]): T {
  const value = node.attributes.get(name) ?? values[0];
  const found = values.find((allowed) => allowed === value);
  if (found === undefined) throw invalid(`${name} must be one of ${values.join(', ')}, not ${value.slice(0, 40)}`);
  return found;
}

function nameOf(node: XmlNode): string {
  const name = node.attributes.get('name')?.toUpperCase();
  const isCompFilter = node.name === caldav('comp-filter');
  if (name !== undefined && (/^[A-Z0-9-]{1,255}$/.test(name) || (name === '*' && isCompFilter))) return name;
  throw invalid(`A ${splitName(node.name).local} must have the name of a component, property or parameter`);
}

/** The children of CalDAV's namespace by their local name. */
interface Children<K extends string> {
  of(kind: K): readonly XmlNode[];
  readonly count: number;
}

function childrenByName<const K extends string>(node: XmlNode, kinds: readonly K[]): Children<K> {
  const byName = new Map<ClarkName, XmlNode[]>(kinds.map((kind) => [caldav(kind), []]));
  let count = 0;
  for (const child of node.children) {
    const nodes = byName.get(child.name);
    const { namespace, local } = splitName(child.name);
    if (nodes === undefined && namespace !== NAMESPACES.C) continue;
    if (nodes === undefined) throw invalid(`A ${local} cannot stand in ${splitName(node.name).local}`);
    nodes.push(child);
    count++;
  }
  return { of: (kind) => byName.get(caldav(kind)) ?? [], count };
}

function optional(node: XmlNode, nodes: readonly XmlNode[]): XmlNode | undefined {
  const [first, second] = nodes;
  if (second === undefined) return first;
  throw invalid(`A ${splitName(node.name).local} holds ${splitName(second.name).local} twice`);
}

/** CALDAV:is-not-defined stands alone (RFC 4791 §9.7.1, §9.7.2, §9.7.3). */
function isNotDefined(node: XmlNode, children: Children<'is-not-defined'>): boolean {
  if (children.of('is-not-defined').length === 0) return false;
  if (children.count === 1) return true;
  throw invalid(`In a ${splitName(node.name).local}, is-not-defined must stand alone`);
}
