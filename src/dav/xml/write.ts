import type { Steps } from '../../base/steps.ts';
import { piecesOf } from '../../ical/text-octets.ts';
import { NAMESPACES, splitName } from './names.ts';
import type { ClarkName } from './names.ts';
import type { Xml, XmlNode } from './node.ts';

/**
 * A writer of our own: fragments are strings, made once and joined. Text gets in by `text` only, so nothing that a
 * client wrote reaches an answer unescaped. The root of each document declares the prefixes of NAMESPACES.
 */

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const PREFIXES: ReadonlyMap<string, string> = new Map(Object.entries(NAMESPACES).map(([prefix, uri]) => [uri, prefix]));
const DECLARATIONS = Object.entries(NAMESPACES).map(([prefix, uri]) => [prefix, ` xmlns:${prefix}="${uri}"`] as const);
const ALL_DECLARATIONS = DECLARATIONS.map(([, declaration]) => declaration).join('');
const XML_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n';

// The border where a string becomes markup: everything in this file that is passed here is escaped or ours.
const asXml = (fragment: string): Xml => fragment as Xml;

const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
/** All that is escaped, but the carriage return, which every line of iCalendar ends with. */
const RARE = /[&<>"\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/;

/**
 * Character data. A carriage return becomes `&#13;`, for a parser would turn a bare one into a line feed (XML 1.0
 * §2.11) and iCalendar would lose its line ends; what XML 1.0 §2.2 forbids becomes U+FFFD.
 */
export function text(value: string): Xml {
  return asXml(escapeText(value));
}

/** As text; it may be interrupted within a long one. */
export function* writingText(value: string): Steps<Xml> {
  const parts: string[] = [];
  for (const piece of piecesOf(value)) {
    if (parts.length > 0) yield;
    parts.push(escapeText(piece));
  }
  return asXml(parts.join(''));
}

function escapeText(value: string): string {
  if (!RARE.test(value)) return value.replaceAll('\r', '&#13;');
  let escaped = value.isWellFormed() ? value : value.toWellFormed();
  if (escaped.includes('&')) escaped = escaped.replaceAll('&', '&amp;');
  if (escaped.includes('<')) escaped = escaped.replaceAll('<', '&lt;');
  if (escaped.includes('>')) escaped = escaped.replaceAll('>', '&gt;');
  if (escaped.includes('"')) escaped = escaped.replaceAll('"', '&quot;');
  if (escaped.includes('\r')) escaped = escaped.replaceAll('\r', '&#13;');
  return escaped.replace(FORBIDDEN, '\ufffd');
}

/** Tabs and line feeds too: a parser turns bare ones in an attribute into spaces (XML 1.0 §3.3.3). */
function attribute(name: string, value: string): string {
  return ` ${name}="${escapeText(value).replaceAll('\t', '&#9;').replaceAll('\n', '&#10;')}"`;
}

interface Tag {
  readonly open: string;
  readonly close: string;
}

/** The xml namespace can only be written with its own prefix (Namespaces in XML 1.0 §3). */
const prefixOf = (namespace: string): string | undefined =>
  namespace === XML_NAMESPACE ? 'xml' : PREFIXES.get(namespace);

// Names come from requests too, so the memory of them is bounded, in number and in length.
const MOST_TAGS = 2000;
const LONGEST_TAG = 200;
const tags = new Map<ClarkName, Tag>();

function tagOf(name: ClarkName): Tag {
  const known = tags.get(name);
  if (known !== undefined) return known;
  const { namespace, local } = splitName(name);
  const prefix = prefixOf(namespace);
  const tag =
    prefix === undefined
      ? { open: `<${local}${attribute('xmlns', namespace)}`, close: `</${local}>` }
      : { open: `<${prefix}:${local}`, close: `</${prefix}:${local}>` };
  if (tags.size < MOST_TAGS && name.length <= LONGEST_TAG) tags.set(name, tag);
  return tag;
}

/**
 * An element. Without content it is written as an empty tag. An element of a namespace outside NAMESPACES declares it
 * as the default one, so its content must be text or elements that carry a prefix or a declaration of their own.
 */
export function el(name: ClarkName, ...content: readonly (Xml | undefined)[]): Xml {
  const { open, close } = tagOf(name);
  const inner = joined(content);
  return asXml(inner === '' ? `${open}/>` : `${open}>${inner}${close}`);
}

/**
 * An element whose text stands in double quotes, as an entity tag does. A list has one of them for each member, and to
 * find the quotes in a text took a tenth of it.
 */
export function elQuoted(name: ClarkName, value: string): Xml {
  const { open, close } = tagOf(name);
  return asXml(`${open}>&quot;${escapeText(value)}&quot;${close}`);
}

/** The two ends of an element with content. */
export function elementEnds(name: ClarkName): { readonly start: string; readonly end: string } {
  const { open, close } = tagOf(name);
  return { start: `${open}>`, end: close };
}

/** An element with attributes: bare names, or `xml:lang`. Those with an undefined value are left out. */
export function elWith(
  name: ClarkName,
  attributes: Readonly<Record<string, string | undefined>>,
  ...content: readonly (Xml | undefined)[]
): Xml {
  const tag = tagOf(name);
  let open = tag.open;
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) open += attribute(key, value);
  const inner = joined(content);
  return asXml(inner === '' ? `${open}/>` : `${open}>${inner}${tag.close}`);
}

/** Fragments one after the other. */
export function join(...content: readonly (Xml | undefined)[]): Xml {
  return asXml(joined(content));
}

function joined(content: readonly (Xml | undefined)[]): string {
  let inner = '';
  for (const part of content) if (part !== undefined) inner += part;
  return inner;
}

const HREF = tagOf(`{${NAMESPACES.D}}href`);

/** DAV:href of a URL or path that is percent-encoded already (RFC 4918 §8.3). */
export function href(path: string): Xml {
  return asXml(`${HREF.open}>${escapeText(path)}${HREF.close}`);
}

/** A fragment that `writeNode` made and the database kept. Nothing else may be passed: it is not escaped again. */
export function storedXml(fragment: string): Xml {
  return asXml(fragment);
}

/** A whole document. The root declares the prefixes that the document uses. */
export function document(root: Xml): string {
  let declarations = '';
  for (const [prefix, declaration] of DECLARATIONS) {
    if (root.includes(`<${prefix}:`)) declarations += declaration;
  }
  const end = root.search(/[\s/>]/);
  return `${XML_DECLARATION}${root.slice(0, end)}${declarations}${root.slice(end)}`;
}

/** The two ends of a document whose root is written piece by piece; every prefix is declared. */
export function documentEnds(root: ClarkName): { readonly start: string; readonly end: string } {
  const { open, close } = tagOf(root);
  return { start: `${XML_DECLARATION}${open}${ALL_DECLARATIONS}>`, end: close };
}

interface Scope {
  readonly defaultNamespace: string;
  readonly prefixes: ReadonlySet<string>;
}

/**
 * An element of a request as a fragment of its own: names, attributes with `xml:lang`, mixed content in order. It
 * declares every prefix that it uses, so that it can be kept and put into any later document (RFC 4918 §4.3, §4.4).
 */
export function writeNode(node: XmlNode): Xml {
  return asXml(nodeIn(node, { defaultNamespace: '', prefixes: new Set(['xml']) }));
}

function nodeIn(node: XmlNode, outer: Scope): string {
  const { namespace, local } = splitName(node.name);
  const added = new Set<string>();
  const prefix = prefixOf(namespace);
  const tag = prefix === undefined ? local : `${prefix}:${local}`;
  const defaultNamespace = prefix === undefined ? namespace : outer.defaultNamespace;
  let open = `<${tag}`;
  if (prefix === undefined && namespace !== outer.defaultNamespace) open += attribute('xmlns', namespace);
  const declare = (wanted: string, uri: string): void => {
    if (outer.prefixes.has(wanted) || added.has(wanted)) return;
    added.add(wanted);
    open += attribute(`xmlns:${wanted}`, uri);
  };
  if (prefix !== undefined) declare(prefix, namespace);
  let unknown = 0;
  for (const [key, value] of node.attributes) {
    if (!key.startsWith('{')) {
      open += attribute(key, value);
      continue;
    }
    const { namespace: uri, local: name } = splitName(key as ClarkName); // the braces were just seen
    const known = prefixOf(uri);
    if (known !== undefined) declare(known, uri);
    // A prefix of this element alone: an inner element may give it another meaning.
    else open += attribute(`xmlns:n${++unknown}`, uri);
    open += attribute(`${known ?? `n${unknown}`}:${name}`, value);
  }
  if (node.content.length === 0) return `${open}/>`;
  const scope =
    added.size === 0 && defaultNamespace === outer.defaultNamespace ? outer : inner(outer, added, defaultNamespace);
  let content = '';
  for (const part of node.content) content += typeof part === 'string' ? escapeText(part) : nodeIn(part, scope);
  return `${open}>${content}</${tag}>`;
}

function inner(outer: Scope, added: ReadonlySet<string>, defaultNamespace: string): Scope {
  return { defaultNamespace, prefixes: added.size === 0 ? outer.prefixes : new Set([...outer.prefixes, ...added]) };
}
