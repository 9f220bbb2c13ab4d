import type { ClarkName } from './names.ts';

/** An element of request XML. Mixed content is kept in order, so that a dead property comes back as it was sent. */
export interface XmlNode {
  readonly name: ClarkName;
  /** Attribute name (Clark notation where it has a namespace, bare otherwise) to value. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly content: readonly (XmlNode | string)[];
  /** The child elements. */
  readonly children: readonly XmlNode[];
  /** The text directly inside, joined; not trimmed. */
  readonly text: string;
}

declare const xml: unique symbol;
/** A well-formed fragment, escaped, that uses the prefixes of NAMESPACES or declares its own. */
export type Xml = string & { readonly [xml]: true };
