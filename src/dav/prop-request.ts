import { BadRequest } from '../base/refusal.ts';
import type { Property } from './property.ts';
import { dav, type ClarkName } from './xml/names.ts';
import type { XmlNode } from './xml/node.ts';

/** Which properties a PROPFIND or a report asks for (RFC 4918 §9.1). */
export type PropRequest = (
  | { readonly kind: 'prop'; readonly names: readonly ClarkName[] }
  /** The live properties of RFC 4918 §15 and all dead ones, and those of DAV:include. */
  | { readonly kind: 'allprop'; readonly include: readonly ClarkName[] }
  | { readonly kind: 'propname' }
) & {
  /** Values that only this request defines, such as CALDAV:calendar-data; they go before the registry's. */
  readonly computed?: readonly Property[];
};

const ALLPROP: PropRequest = { kind: 'allprop', include: [] };

/** A DAV:propfind body; none at all asks for allprop (RFC 4918 §9.1). Throws BadRequest. */
export function parsePropfind(body: XmlNode | undefined): PropRequest {
  if (body === undefined) return ALLPROP;
  if (body.name !== dav('propfind')) throw new BadRequest('The body of PROPFIND must be a DAV:propfind');
  const request = parsePropRequest(body);
  if (request === undefined) throw new BadRequest('DAV:propfind must hold prop, allprop or propname');
  return request;
}

/**
 * The DAV:prop, DAV:allprop or DAV:propname below a propfind or a report; undefined where there is none, which
 * asks a report for no property at all. Throws BadRequest for two of them.
 */
export function parsePropRequest(parent: XmlNode): PropRequest | undefined {
  const found = parent.children.filter(({ name }) => FORMS.has(name));
  if (found.length > 1) throw new BadRequest('Only one of prop, allprop and propname can be asked for');
  const [form] = found;
  if (form === undefined) return undefined;
  if (form.name === dav('propname')) return { kind: 'propname' };
  if (form.name === dav('prop')) return { kind: 'prop', names: namesIn(form) };
  const include = parent.children.filter(({ name }) => name === dav('include')).flatMap(namesIn);
  return { kind: 'allprop', include };
}

const FORMS: ReadonlySet<ClarkName> = new Set([dav('prop'), dav('allprop'), dav('propname')]);

/** Properties that one request may name: what clients send has fewer than a hundred, and each is answered everywhere. */
export const MOST_PROPERTIES = 5000;

/** Each name once: an answer names a property once (RFC 4918 §14.22). */
function namesIn({ children }: XmlNode): readonly ClarkName[] {
  if (children.length > MOST_PROPERTIES) {
    throw new BadRequest(`At most ${MOST_PROPERTIES} properties can be asked for at once`);
  }
  return [...new Set(children.map(({ name }) => name))];
}

/** The element of a DAV:prop that names a property, with what the client wrote into it. */
export function propNode(parent: XmlNode, name: ClarkName): XmlNode | undefined {
  const prop = parent.children.find((child) => child.name === dav('prop'));
  return prop?.children.find((child) => child.name === name);
}
