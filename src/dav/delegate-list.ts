import { Refusal } from '../base/refusal.ts';
import { requireAllowed } from '../calendar/delegates.ts';
import type { Principal } from '../calendar/model.ts';
import { principalsById } from '../calendar/principals.ts';
import { localSegments, type OwnNames } from './destination.ts';
import { encodeSegment, principalHref } from './hrefs.ts';
import type { DavContext } from './property.ts';
import type { Instruction } from './property-update.ts';
import type { ResourceOf } from './resource.ts';
import { dav } from './xml/names.ts';
import type { XmlNode } from './xml/node.ts';
import { childrenOf } from './xml/parse.ts';

/** What a PROPPATCH makes of DAV:group-member-set of a proxy. */
export interface DelegateList {
  /** Takes one instruction; the last one counts. Throws recognized-principal, allowed-principal. */
  take(node: XmlNode | undefined): void;
  /** Undefined where there was none. */
  readonly delegates: readonly Principal[] | undefined;
}

/** All principals that the instructions name, looked up at once. */
export async function delegateList(
  instructions: readonly Instruction[],
  { owner }: ResourceOf<'proxy'>,
  { context, own }: { readonly context: DavContext; readonly own: OwnNames },
): Promise<DelegateList> {
  const nodes = instructions.filter(({ name }) => name === dav('group-member-set')).flatMap(({ node }) => node ?? []);
  // /dav/principals/users/ID/: whether the rest is right, the comparison of hrefs tells.
  const ids = nodes.flatMap(hrefsIn).flatMap((href) => localSegments(href, own)?.[3] ?? []);
  const found = await principalsById(context.calendar, [...new Set(ids)]);
  const byHref = new Map(found.map((principal) => [principalHref(principal), principal]));
  let delegates: readonly Principal[] | undefined;
  return {
    take(node) {
      const named = (node === undefined ? [] : hrefsIn(node)).map((href) => {
        const principal = byHref.get(`/${localSegments(href, own)?.map(encodeSegment).join('/') ?? ''}/`);
        if (principal !== undefined) return principal;
        throw new Refusal('recognized-principal', 'An href in DAV:group-member-set is not that of a user or group');
      });
      requireAllowed(owner, named);
      delegates = named;
    },
    get delegates() {
      return delegates;
    },
  };
}

const hrefsIn = (node: XmlNode): readonly string[] => childrenOf(node, dav('href')).map(({ text }) => text.trim());
