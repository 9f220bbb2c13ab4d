import { BadRequest } from '../../base/refusal.ts';
import type { Principal, PrincipalKind } from '../../calendar/model.ts';
import { searchPrincipals } from '../../calendar/principals.ts';
import { principalResource, requireDepthZero, requireSearchable } from '../principal-scope.ts';
import { parsePropRequest, type PropRequest } from '../prop-request.ts';
import { responsesInSlices } from '../propstats.ts';
import { report, type ReportRequest } from '../report.ts';
import { ALL_KINDS, type Resource } from '../resource.ts';
import type { DavResponse } from '../xml/multistatus.ts';
import { cs, dav } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { childOf, childrenOf, childText } from '../xml/parse.ts';
import { el } from '../xml/write.ts';

interface Query {
  /** Lower case, none empty, the longest first. */
  readonly tokens: readonly string[];
  readonly kinds: readonly PrincipalKind[];
  readonly limit: number;
  readonly asked: PropRequest;
}

const CONTEXTS: Readonly<Record<string, readonly PrincipalKind[]>> = {
  user: ['user'],
  group: ['group'],
  location: ['room'],
  resource: ['resource'],
  attendee: ['user', 'group', 'resource'],
};
const EVERY_KIND: readonly PrincipalKind[] = ['user', 'group', 'room', 'resource'];

/**
 * CS:calendarserver-principal-search: what Apple Calendar completes names with while they are typed. Every token must
 * occur in the name or an address. Can raise: 400.
 */
export const calendarserverPrincipalSearch = report({
  name: cs('calendarserver-principal-search'),
  on: ALL_KINDS,
  privilege: 'read',
  parse(body, request): Query {
    requireDepthZero(request);
    const tokens = childrenOf(body, cs('search-token')).map(({ text }) => text.trim().toLowerCase());
    const filled = tokens.filter((token) => token !== '').toSorted((one, other) => other.length - one.length);
    requireSearchable(filled);
    if (filled.length === 0) throw new BadRequest('A principal search must hold a search-token');
    return {
      tokens: filled,
      kinds: CONTEXTS[body.attributes.get('context') ?? ''] ?? EVERY_KIND,
      limit: Math.min(limitIn(body), request.context.calendar.limits.principalMatches),
      asked: parsePropRequest(body) ?? { kind: 'prop', names: [] },
    };
  },
  async run(query, resource, request) {
    return { kind: 'multistatus', responses: await search(query, resource, request) };
  },
});

function limitIn(body: XmlNode): number {
  const limit = childOf(body, cs('limit')) ?? childOf(body, dav('limit'));
  if (limit === undefined) return Infinity;
  const value = childText(limit, cs('nresults')) ?? childText(limit, dav('nresults')) ?? '';
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new BadRequest('nresults must be a positive number');
  return Number(value);
}

async function search(
  { tokens: [longest = '', ...others], kinds, limit, asked }: Query,
  resource: Resource,
  { context, preferences }: ReportRequest,
): Promise<readonly DavResponse[]> {
  const most = others.length === 0 ? limit + 1 : context.calendar.limits.principalMatches + 1;
  const found = await searchPrincipals(context.calendar, {
    clauses: [
      { field: 'name', match: 'contains', text: longest },
      { field: 'email', match: 'contains', text: longest },
    ],
    test: 'anyof',
    kinds,
    // The other tokens sort out some of these.
    limit: most,
  });
  const matching = found.filter((principal) => others.every((token) => occursIn(principal, token)));
  const members = matching.slice(0, limit).map((principal) => principalResource(principal, context));
  const responses = await Array.fromAsync(responsesInSlices(members, asked, { context, preferences }));
  // Beyond what was looked at there may be more that match.
  if (matching.length <= limit && found.length < most) return responses;
  const error = el(dav('number-of-matches-within-limits'));
  return [...responses, { href: resource.href, status: 507, error }];
}

const occursIn = ({ name, emails }: Principal, token: string): boolean =>
  [name, ...emails].some((text) => text.toLowerCase().includes(token));
