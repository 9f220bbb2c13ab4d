import { BadRequest } from '../base/refusal.ts';
import { privilegesOn } from '../calendar/access.ts';
import type { Principal, PrincipalKind } from '../calendar/model.ts';
import { principalHref } from './hrefs.ts';
import type { DavContext } from './property.ts';
import type { Resource, ResourceOf } from './resource.ts';

const EVERY_KIND: readonly PrincipalKind[] = ['user', 'group', 'room', 'resource'];

/** The kinds of principals that are members, at any depth, of a resource. */
export function principalKindsIn(resource: Resource): readonly PrincipalKind[] {
  switch (resource.kind) {
    case 'root':
    case 'dav-root':
    case 'principals':
      return EVERY_KIND;
    case 'principal-kind':
      return [resource.of];
    default:
      return [];
  }
}

export function principalResource(principal: Principal, { actor }: Pick<DavContext, 'actor'>): ResourceOf<'principal'> {
  const privileges = privilegesOn(actor, { kind: 'principal', principalId: principal.id });
  return { kind: 'principal', href: principalHref(principal), principal, privileges };
}

/** Far more than a person looks for, and than a database takes in one question. */
const MOST_SEARCHES = 100;
/** Characters of one text: names and addresses are shorter. */
const MOST_OF_TEXT = 1000;

/** The texts of a search for people. Throws BadRequest for too many of them, or one that is too long. */
export function requireSearchable(texts: readonly string[]): void {
  if (texts.length > MOST_SEARCHES) throw new BadRequest(`At most ${MOST_SEARCHES} texts can be searched for at once`);
  if (texts.some((text) => text.length > MOST_OF_TEXT)) {
    throw new BadRequest(`A text that is searched for has at most ${MOST_OF_TEXT} characters`);
  }
}

/** RFC 3744 §9.3 to §9.5: other values of the Depth header are a 400. */
export function requireDepthZero({ depth }: { readonly depth: 0 | 1 | 'infinity' | undefined }): void {
  if (depth !== undefined && depth !== 0) throw new BadRequest('This report is defined with Depth: 0 alone');
}
