import type { Actor } from '../auth/actor.ts';
import type { CollectionPatch } from '../calendar/update-collection.ts';
import type { CalendarContext } from '../calendar/context.ts';
import type { Collection } from '../calendar/model.ts';
import { isKind, type Kind, type Resource, type ResourceOf } from './resource.ts';
import type { ClarkName } from './xml/names.ts';
import type { Xml, XmlNode } from './xml/node.ts';

/** What a property, a method or a report is given beside the resource. */
export interface DavContext {
  /** Who asks; undefined before log-in, where only OPTIONS and the well-known redirect answer. */
  readonly actor: Actor | undefined;
  readonly calendar: CalendarContext;
  /** Origin under which people reach the server, from the configuration, without a trailing slash. */
  readonly publicUrl: string | undefined;
  /** The registry of reports (reports/index.ts), which DAV:supported-report-set lists; an argument, for reports read properties. */
  readonly reports: ReadonlyMap<ClarkName, { readonly on: readonly Kind[] }>;
  /** The registry of live properties (properties/index.ts), for DAV:supported-live-property-set; an argument as well. */
  readonly properties: ReadonlyMap<ClarkName, { readonly on: readonly Kind[] }>;
  /** DAV:quota and limits of this installation are in `calendar.limits`. */
}

/** A value may need a look into the database; undefined becomes a 404 propstat (RFC 4918 §9.1). */
export type Value = Xml | undefined | Promise<Xml | undefined>;

/** What the value of a property may name. */
export interface Surroundings {
  /** The collection at an href, of those in the same home; undefined: there is none. */
  collectionAt(href: string): Collection | undefined;
}

export interface Property {
  readonly name: ClarkName;
  /** Whether DAV:allprop returns it. CalDAV's own properties SHOULD NOT be (RFC 4791 §5.2). */
  readonly allprop: boolean;
  /** The kinds of resource that can have it. */
  readonly on: readonly Kind[];
  value(resource: Resource, context: DavContext): Value;
  /**
   * What PROPPATCH, MKCALENDAR or MKCOL of this property changes; `node` is undefined for DAV:remove. Throws a Refusal
   * where the value is not acceptable. A live property without it is protected (RFC 4918 §15).
   */
  readonly change: ((node: XmlNode | undefined, around: Surroundings) => CollectionPatch) | undefined;
  /** Whether only MKCALENDAR and MKCOL may set it: PROPPATCH then answers cannot-modify-protected-property. */
  readonly createOnly: boolean;
  /** Whether PROPPATCH changes it on a proxy, which is no collection: see delegate-list.ts. */
  readonly onProxies: boolean;
}

interface Spec<K extends Kind> {
  readonly name: ClarkName;
  readonly allprop?: boolean;
  readonly on: readonly K[];
  get(resource: ResourceOf<K>, context: DavContext): Value;
  readonly change?: (node: XmlNode | undefined, around: Surroundings) => CollectionPatch;
  readonly createOnly?: boolean;
  readonly onProxies?: boolean;
}

/** A live property. The narrowing to the kinds it is on is done here, once. */
export function property<const K extends Kind>(spec: Spec<K>): Property {
  const { name, allprop = false, on, get, change, createOnly = false, onProxies = false } = spec;
  return {
    name,
    allprop,
    on,
    value: (resource, context) => (isKind(resource, on) ? get(resource, context) : undefined),
    change,
    createOnly,
    onProxies,
  };
}
