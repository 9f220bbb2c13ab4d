import { createTurns } from '../../base/turns.ts';
import { BadRequest } from '../../base/refusal.ts';
import { allGroups, delegatorsOf, getPrincipal } from '../../calendar/principals.ts';
import { childrenOf as membersOf } from '../children.ts';
import { principalKindsIn, principalResource, requireDepthZero } from '../principal-scope.ts';
import { proxiesFor } from '../proxy.ts';
import { parsePropRequest, type PropRequest } from '../prop-request.ts';
import { responsesInSlices } from '../propstats.ts';
import { PROPERTIES } from '../properties/index.ts';
import type { Property } from '../property.ts';
import { report, type ReportRequest } from '../report.ts';
import { ALL_KINDS, type Resource, type ResourceOf } from '../resource.ts';
import type { DavResponse } from '../xml/multistatus.ts';
import { dav } from '../xml/names.ts';
import { childOf } from '../xml/parse.ts';
import { href } from '../xml/write.ts';

interface Query {
  /** Undefined: DAV:self. */
  readonly property: Property | undefined;
  readonly asked: PropRequest;
}

/** DAV:principal-match, RFC 3744 §9.3: what is, or belongs to, the current user and its groups. Can raise: 400. */
export const principalMatch = report({
  name: dav('principal-match'),
  on: ALL_KINDS,
  privilege: 'read',
  parse(body, request): Query {
    requireDepthZero(request);
    const asked = parsePropRequest(body) ?? { kind: 'prop', names: [] };
    if (childOf(body, dav('self'))) return { property: undefined, asked };
    const [named] = childOf(body, dav('principal-property'))?.children ?? [];
    if (named === undefined) throw new BadRequest('DAV:principal-match must hold DAV:self or DAV:principal-property');
    return { property: PROPERTIES.get(named.name) ?? NO_PROPERTY, asked };
  },
  run: (query, resource, request) => ({ kind: 'multistatus', responses: responses(query, resource, request) }),
});

/** A dead property identifies nobody. */
const NO_PROPERTY: Property = {
  name: dav('none'),
  allprop: false,
  on: [],
  value: () => undefined,
  change: undefined,
  createOnly: false,
  onProxies: false,
};

async function* responses(
  { property, asked }: Query,
  resource: Resource,
  request: ReportRequest,
): AsyncGenerator<DavResponse, void> {
  const { context } = request;
  const identities = await identitiesOf(request);
  if (property === undefined) {
    const members = identities.filter((identity) => isWithin(identity, resource));
    yield* responsesInSlices(members, asked, request);
    return;
  }
  const hrefs = identities.map((identity) => href(identity.href));
  const turns = createTurns();
  for await (const page of descendants(resource, request)) {
    for (let from = 0; from < page.length; from += AT_ONCE) {
      if (turns.isDue()) await turns.take();
      const members = page.slice(from, from + AT_ONCE);
      const values = await Promise.all(members.map((member) => property.value(member, context)));
      const matching = members.filter((_, index) => hrefs.some((own) => values[index]?.includes(own)));
      yield* responsesInSlices(matching, asked, request);
    }
  }
}

/** Members whose property is looked up between two turns of the event loop: each may be a question to the database. */
const AT_ONCE = 50;

type Identity = ResourceOf<'principal' | 'proxy'>;

/** The current user, the groups that it acts as a member of, and the proxies of those for whom it acts. */
async function identitiesOf({ context }: ReportRequest): Promise<readonly Identity[]> {
  const { actor, calendar } = context;
  const self = actor && (await getPrincipal(calendar, actor.id));
  if (self === undefined) return [];
  const principals = [self, ...(await allGroups(calendar, self.id))];
  return [
    ...principals.map((principal) => principalResource(principal, context)),
    ...proxiesFor(await delegatorsOf(calendar, self.id), context),
  ];
}

/** A report on a principal itself matches that one (§9.3: "issued against a group"), and the proxies below it. */
function isWithin(identity: Identity, resource: Resource): boolean {
  if (resource.kind === 'proxy') return identity.href === resource.href;
  if (resource.kind === 'principal') return identity.href.startsWith(resource.href);
  return principalKindsIn(resource).includes((identity.kind === 'proxy' ? identity.owner : identity.principal).kind);
}

/** Members at any depth, page by page. */
async function* descendants(resource: Resource, request: ReportRequest): AsyncGenerator<readonly Resource[], void> {
  const { actor } = request.context;
  if (actor === undefined) return;
  for await (const page of membersOf(resource, { ...request.context, actor })) {
    yield page;
    for (const member of page) yield* descendants(member, request);
  }
}
