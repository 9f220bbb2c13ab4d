import { BadRequest, Refusal } from '../../base/refusal.ts';
import type { PrincipalKind } from '../../calendar/model.ts';
import { searchPrincipals, type PrincipalSearch } from '../../calendar/principals.ts';
import { principalKindsIn, principalResource, requireDepthZero, requireSearchable } from '../principal-scope.ts';
import { parsePropRequest, type PropRequest } from '../prop-request.ts';
import { responsesInSlices } from '../propstats.ts';
import { report, type ReportRequest } from '../report.ts';
import { ALL_KINDS, type Resource } from '../resource.ts';
import type { DavResponse } from '../xml/multistatus.ts';
import { caldav, cs, dav, type ClarkName } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { childOf, childrenOf } from '../xml/parse.ts';

type Clause = PrincipalSearch['clauses'][number];
type Match = Clause['match'];

/** One property that is searched. */
type Condition = Clause | { readonly kinds: readonly PrincipalKind[] } | 'never';

interface Query {
  readonly conditions: readonly Condition[];
  readonly test: PrincipalSearch['test'];
  /** Whether the whole principal collection is searched rather than what is below the Request-URI. */
  readonly everywhere: boolean;
  readonly asked: PropRequest;
}

const CU_TYPES: readonly (readonly [string, PrincipalKind])[] = [
  ['INDIVIDUAL', 'user'],
  ['GROUP', 'group'],
  ['ROOM', 'room'],
  ['RESOURCE', 'resource'],
];

/**
 * DAV:principal-property-search, RFC 3744 §9.4, with calendarserver's `test`, `type` and `match-type`. Can raise:
 * number-of-matches-within-limits, 400.
 */
export const principalPropertySearch = report({
  name: dav('principal-property-search'),
  on: ALL_KINDS,
  privilege: 'read',
  parse(body, request): Query {
    requireDepthZero(request);
    const searches = childrenOf(body, dav('property-search'));
    if (searches.length === 0) throw new BadRequest('DAV:principal-property-search must hold a DAV:property-search');
    const type = body.attributes.get('type');
    const wishes = searches.flatMap(wishesIn);
    requireSearchable(wishes.map(({ text }) => text));
    return {
      conditions: [...wishes.map(conditionOn), ...(type === undefined ? [] : [{ kinds: kindsLike(type, 'equals') }])],
      test: body.attributes.get('test') === 'anyof' ? 'anyof' : 'allof',
      everywhere: childOf(body, dav('apply-to-principal-collection-set')) !== undefined,
      asked: parsePropRequest(body) ?? { kind: 'prop', names: [] },
    };
  },
  async run(query, resource, request) {
    return { kind: 'multistatus', responses: await search(query, resource, request) };
  },
});

/** One property and what it shall be like. */
interface Wish {
  readonly name: ClarkName;
  readonly text: string;
  readonly match: Match;
}

function wishesIn(node: XmlNode): readonly Wish[] {
  const names = childOf(node, dav('prop'))?.children.map(({ name }) => name) ?? [];
  const match = childOf(node, dav('match'));
  if (names.length === 0 || match === undefined) throw new BadRequest('A DAV:property-search holds a prop and a match');
  const type = match.attributes.get('match-type') ?? 'contains';
  const found = MATCH_TYPES.find((known) => known === type);
  if (found === undefined) throw new BadRequest(`match-type must be one of ${MATCH_TYPES.join(', ')}`);
  const text = match.text.trim();
  return names.map((name) => ({ name, text, match: found }));
}

const MATCH_TYPES: readonly Match[] = ['contains', 'starts-with', 'ends-with', 'equals'];

function conditionOn({ name, text, match }: Wish): Condition {
  switch (name) {
    case dav('displayname'):
      return { field: 'name', match, text };
    case cs('email-address-set'):
      return { field: 'email', match, text };
    case caldav('calendar-user-address-set'):
      return addressCondition(text, match);
    case caldav('calendar-user-type'):
      return { kinds: kindsLike(text, match) };
    default:
      // A property that cannot be searched matches nothing.
      return 'never';
  }
}

/** The database has bare addresses: `mailto:` is where an address begins. */
function addressCondition(text: string, match: Match): Clause {
  const bare = text.replace(/^mailto:/i, '');
  if (bare === text) return { field: 'email', match, text };
  return { field: 'email', match: match === 'equals' || match === 'ends-with' ? 'equals' : 'starts-with', text: bare };
}

function kindsLike(text: string, match: Match): readonly PrincipalKind[] {
  const wanted = text.toUpperCase();
  const compare: Record<Match, (type: string) => boolean> = {
    contains: (type) => type.includes(wanted),
    'starts-with': (type) => type.startsWith(wanted),
    'ends-with': (type) => type.endsWith(wanted),
    equals: (type) => type === wanted,
  };
  return CU_TYPES.filter(([type]) => compare[match](type)).map(([, kind]) => kind);
}

async function search(query: Query, resource: Resource, request: ReportRequest): Promise<readonly DavResponse[]> {
  const { context } = request;
  const { principalMatches } = context.calendar.limits;
  const asked = searchFor(query, resource);
  if (asked === undefined) return [];
  const found = await searchPrincipals(context.calendar, { ...asked, limit: principalMatches + 1 });
  if (found.length > principalMatches) {
    throw new Refusal('number-of-matches-within-limits', `More than ${principalMatches} principals match`);
  }
  const members = found.map((principal) => principalResource(principal, context));
  return Array.fromAsync(responsesInSlices(members, query.asked, request));
}

/**
 * The question to the database; undefined where nothing can match. A type always narrows: the properties beside it are
 * alternatives to each other, never to it.
 */
function searchFor(
  { conditions, test, everywhere }: Query,
  resource: Resource,
): (Pick<PrincipalSearch, 'clauses' | 'test'> & { readonly kinds: readonly PrincipalKind[] }) | undefined {
  const clauses = conditions.filter((condition): condition is Clause => condition !== 'never' && 'field' in condition);
  let kinds = everywhere ? CU_TYPES.map(([, kind]) => kind) : principalKindsIn(resource);
  for (const condition of conditions) {
    if (condition !== 'never' && 'kinds' in condition) kinds = kinds.filter((kind) => condition.kinds.includes(kind));
  }
  const isImpossible = conditions.includes('never') && (test === 'allof' || clauses.length === 0);
  return kinds.length === 0 || isImpossible ? undefined : { clauses, test, kinds };
}
