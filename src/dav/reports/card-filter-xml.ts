import { BadRequest, Refusal } from '../../base/refusal.ts';
import { COLLATIONS, MATCH_TYPES, type TextMatch } from '../../ical/text-match.ts';
import type { CardFilter, FilterTest, ParamFilter, PropFilter } from '../../vcard/filter.ts';
import { carddav, NAMESPACES, splitName } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { childrenOf } from '../xml/parse.ts';
import { nameAttribute, propertyNameOf } from './address-data-xml.ts';
import { requireFilterSize } from './filter-size-xml.ts';

/** RFC 6352 §8.3: where none is named, or `default`. */
const DEFAULT_COLLATION = 'i;unicode-casemap';

/**
 * CARDDAV:filter, RFC 6352 §10.5. Properties and parameters of every name can be asked for: one that no card has does
 * not match. Elements of other namespaces are passed over (RFC 4918 §17).
 *
 * @throws Refusal supported-card-collation
 * @throws BadRequest for what the element's definition forbids, for it has no precondition of its own
 */
export function parseCardFilter(node: XmlNode): CardFilter {
  requireFilterSize(node, 'CARDDAV:filter');
  requireOnly(node, ['prop-filter']);
  return { test: testOf(node), props: childrenOf(node, carddav('prop-filter')).map(parsePropFilter) };
}

function parsePropFilter(node: XmlNode): PropFilter {
  requireOnly(node, ['is-not-defined', 'text-match', 'param-filter']);
  return {
    ...propertyNameOf(node),
    isNotDefined: isNotDefined(node),
    test: testOf(node),
    texts: childrenOf(node, carddav('text-match')).map(parseTextMatch),
    params: childrenOf(node, carddav('param-filter')).map(parseParamFilter),
  };
}

function parseParamFilter(node: XmlNode): ParamFilter {
  requireOnly(node, ['is-not-defined', 'text-match']);
  const name = nameAttribute(node).toUpperCase();
  if (!/^[A-Z0-9-]{1,255}$/.test(name)) throw new BadRequest('The name of a vCard parameter is missing or none');
  const [text, second] = childrenOf(node, carddav('text-match'));
  if (second !== undefined) throw new BadRequest('A param-filter holds one text-match at most');
  return { name, isNotDefined: isNotDefined(node), text: text && parseTextMatch(text) };
}

/** RFC 6352 §10.5.4. */
function parseTextMatch(node: XmlNode): TextMatch {
  requireOnly(node, []);
  const asked = node.attributes.get('collation') ?? 'default';
  const collation = COLLATIONS.find((known) => known === (asked === 'default' ? DEFAULT_COLLATION : asked));
  if (collation === undefined) {
    throw new Refusal('supported-card-collation', `The collation is none of ${COLLATIONS.join(', ')}`);
  }
  return {
    text: node.text,
    collation,
    negate: attribute(node, 'negate-condition', ['no', 'yes']) === 'yes',
    matchType: attribute(node, 'match-type', MATCH_TYPES),
  };
}

const testOf = (node: XmlNode): FilterTest => attribute(node, 'test', ['anyof', 'allof']);

/** An attribute with a closed list of values, of which the first is the default. */
function attribute<T extends string>(node: XmlNode, name: string, values: readonly [T, ...T[]]): T {
  const value = node.attributes.get(name) ?? values[0];
  const found = values.find((allowed) => allowed === value);
  if (found === undefined) throw new BadRequest(`${name} must be one of ${values.join(', ')}`);
  return found;
}

/** CARDDAV:is-not-defined stands alone (§10.5.1, §10.5.2). */
function isNotDefined(node: XmlNode): boolean {
  if (childrenOf(node, carddav('is-not-defined')).length === 0) return false;
  if (node.children.filter(isOurs).length === 1) return true;
  throw new BadRequest('is-not-defined must stand alone');
}

const isOurs = ({ name }: XmlNode): boolean => splitName(name).namespace === NAMESPACES.CR;

/** An unknown element of CardDAV's would narrow: to pass it over would find what was not asked for. */
function requireOnly(node: XmlNode, kinds: readonly string[]): void {
  const wrong = node.children.find((child) => isOurs(child) && !kinds.includes(splitName(child.name).local));
  if (wrong === undefined) return;
  throw new BadRequest(`A ${splitName(wrong.name).local} cannot stand in ${splitName(node.name).local}`);
}
