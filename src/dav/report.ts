import type { Privilege } from '../auth/privileges.ts';
import type { DavContext } from './property.ts';
import { isKind, type Kind, type Resource, type ResourceOf } from './resource.ts';
import type { Depth } from './depth.ts';
import type { Preferences } from './prefer.ts';
import type { DavResponses } from './xml/multistatus.ts';
import type { ClarkName } from './xml/names.ts';
import type { Xml, XmlNode } from './xml/node.ts';

/** What a report run knows of its request beside the body. */
export interface ReportRequest {
  readonly context: DavContext;
  /** As sent; undefined where the header is absent (clients leave it out, RFC or not). */
  readonly depth: Depth | undefined;
  readonly preferences: Preferences;
}

/** How a report answers: a multistatus that is streamed, or a body of its own (free-busy-query is iCalendar). */
export type ReportAnswer =
  | {
      readonly kind: 'multistatus';
      readonly responses: DavResponses;
      readonly tail?: () => Xml;
    }
  | { readonly kind: 'body'; readonly contentType: string; readonly body: string };

export interface Report {
  readonly name: ClarkName;
  readonly on: readonly Kind[];
  /** Needed on the request-URI (RFC 3744 §3); the dispatcher checks it. */
  readonly privilege: Privilege;
  answer(body: XmlNode, resource: Resource, request: ReportRequest): Promise<ReportAnswer>;
}

interface Spec<K extends Kind, Query> {
  readonly name: ClarkName;
  readonly on: readonly K[];
  readonly privilege: Privilege;
  /** Sees untrusted XML; throws BadRequest or Refusal. */
  parse(body: XmlNode, request: ReportRequest): Query;
  /** Sees only what parse let through. */
  run(query: Query, resource: ResourceOf<K>, request: ReportRequest): Promise<ReportAnswer> | ReportAnswer;
}

export function report<const K extends Kind, Query>({ name, on, privilege, parse, run }: Spec<K, Query>): Report {
  return {
    name,
    on,
    privilege,
    async answer(body, resource, request) {
      // The dispatcher has checked `on`; this narrows the type.
      if (!isKind(resource, on)) throw new TypeError(`${name} ran on a ${resource.kind}`);
      return run(parse(body, request), resource, request);
    },
  };
}
