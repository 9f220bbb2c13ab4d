import { PRIVILEGES, type Privilege } from '../auth/privileges.ts';
import { BadRequest, Refusal } from '../base/refusal.ts';
import type { Ace, ListedAce } from '../calendar/access-control.ts';
import type { Principal } from '../calendar/model.ts';
import { privilegeName } from './error-body.ts';
import { homeHref, principalHref, proxyHref } from './hrefs.ts';
import { isSupported } from './privilege-xml.ts';
import type { Kind } from './resource.ts';
import { dav } from './xml/names.ts';
import type { Xml, XmlNode } from './xml/node.ts';
import { childOf } from './xml/parse.ts';
import { el, href } from './xml/write.ts';

/** An ACE as it was asked for; a principal is still an href. */
export interface AskedAce extends Omit<Ace, 'principal'> {
  readonly principal: { readonly kind: 'href'; readonly href: string } | { readonly kind: 'authenticated' };
}

/**
 * The DAV:acl of an ACL request (RFC 3744 §8.1) on a kind of resource. Throws the preconditions of §8.1.1 that the
 * request alone decides, BadRequest for what is no DAV:acl.
 */
export function parseAcl(body: XmlNode | undefined, kind: Kind): readonly AskedAce[] {
  if (body?.name !== dav('acl')) throw new BadRequest('The body must be a DAV:acl');
  return body.children.map((ace) => {
    if (ace.name !== dav('ace')) throw new BadRequest('A DAV:acl holds DAV:ace elements');
    return parseAce(ace, kind);
  });
}

function parseAce(ace: XmlNode, kind: Kind): AskedAce {
  if (childOf(ace, dav('invert'))) throw new Refusal('no-invert', 'DAV:invert is not supported');
  // A client must leave out what it cannot change (RFC 3744 §8.1).
  for (const mark of ['protected', 'inherited'] as const) {
    if (childOf(ace, dav(mark))) throw new Refusal('no-ace-conflict', `A DAV:${mark} ACE cannot be set`);
  }
  const [principal, second] = childOf(ace, dav('principal'))?.children ?? [];
  const grant = childOf(ace, dav('grant'));
  const deny = childOf(ace, dav('deny'));
  const one = grant ?? deny;
  if (principal === undefined || second !== undefined || one === undefined || (grant && deny)) {
    throw new BadRequest('A DAV:ace needs one DAV:principal, and a DAV:grant or a DAV:deny');
  }
  const privileges = one.children.flatMap((node) => parsePrivilege(node, kind));
  return { principal: parsePrincipal(principal), deny: deny !== undefined, privileges };
}

function parsePrincipal(node: XmlNode): AskedAce['principal'] {
  if (node.name === dav('href')) return { kind: 'href', href: node.text.trim() };
  if (node.name === dav('authenticated')) return { kind: 'authenticated' };
  // Nobody gets in without log-in: DAV:all and DAV:unauthenticated would say otherwise.
  throw new Refusal('allowed-principal', 'An entry speaks of a principal, or of DAV:authenticated');
}

// The keys of the table are the privileges.
const NAMES = new Map((Object.keys(PRIVILEGES) as Privilege[]).map((name) => [privilegeName(name), name]));

/** DAV:privilege holds one; some clients write several into one. */
function parsePrivilege(node: XmlNode, kind: Kind): readonly Privilege[] {
  if (node.name !== dav('privilege')) throw new BadRequest('DAV:grant and DAV:deny hold DAV:privilege elements');
  return node.children.map(({ name }) => {
    const privilege = NAMES.get(name);
    if (privilege !== undefined && isSupported(kind, privilege)) return privilege;
    throw new Refusal('not-supported-privilege', `The privilege ${name} does not exist here`);
  });
}

interface Naming {
  /** Knows every principal of the list. */
  readonly principalOf: (id: string) => Principal | undefined;
  /** Whose home it is in: entries of it are inherited. undefined: it is in none. */
  readonly owner: Principal | undefined;
  /** Of the resource: privileges that it does not have are left out. */
  readonly kind: Kind;
}

/** DAV:ace, RFC 3744 §5.5; undefined for one that says nothing about this kind of resource. */
export function aceXml({ principal, deny, privileges, origin }: ListedAce, naming: Naming): Xml | undefined {
  const named = principalXml(principal, naming);
  if (named === undefined) return undefined;
  const { kind, owner } = naming;
  const elements = privileges
    .filter((privilege) => isSupported(kind, privilege))
    .map((privilege) => el(dav('privilege'), el(privilegeName(privilege))));
  if (elements.length === 0) return undefined;
  const isInherited = origin === 'home' && owner !== undefined && kind !== 'home';
  return el(
    dav('ace'),
    el(dav('principal'), named),
    el(dav(deny ? 'deny' : 'grant'), ...elements),
    origin === 'own' ? undefined : el(dav('protected')),
    isInherited ? el(dav('inherited'), href(homeHref(owner.id))) : undefined,
  );
}

function principalXml(principal: ListedAce['principal'], { principalOf, owner }: Naming): Xml | undefined {
  if (principal.kind === 'delegates') return owner && href(proxyHref(owner, principal.access));
  if (principal.kind === 'self') return el(dav('self'));
  if (principal.kind === 'owner') return el(dav('property'), el(dav('owner')));
  if (principal.kind === 'authenticated') return el(dav('authenticated'));
  const known = principalOf(principal.id);
  return known && href(principalHref(known));
}
