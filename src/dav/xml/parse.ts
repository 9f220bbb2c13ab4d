import { SaxesParser } from 'saxes';
import type { SaxesTagNS } from 'saxes';
import { BadRequest, Refusal } from '../../base/refusal.ts';
import { createTurns } from '../../base/turns.ts';
import type { ClarkName } from './names.ts';
import type { XmlNode } from './node.ts';

/** Bounds of one request body: limits.xmlOctets, limits.xmlDepth, limits.xmlElements. */
export interface XmlLimits {
  readonly octets: number;
  readonly depth: number;
  readonly elements: number;
}

/** The key of `xml:lang` in XmlNode.attributes. */
export const XML_LANG = '{http://www.w3.org/XML/1998/namespace}lang';

const XMLNS = 'http://www.w3.org/2000/xmlns/';
const UTF8_NAMES = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);

/**
 * Request XML as a tree, in time linear in its length. Namespaces are resolved, line ends are normalised (XML 1.0
 * §2.11), comments and processing instructions are dropped, `xmlns` attributes are not kept.
 *
 * `contentType` is the request's Content-Type, of which the charset is checked: UTF-8 is the only encoding.
 * Throws BadRequest 400 with the place and the reason, 413 beyond the octets, and Refusal no-external-entities for a
 * DOCTYPE that names an external entity (RFC 4918 §16, §20.6); any other DOCTYPE is a BadRequest.
 */
export function parseXml(body: Uint8Array, limits: XmlLimits, contentType?: string): XmlNode {
  const reader = createReader(body, limits, contentType);
  while (reader.hasMore()) reader.readSome();
  return reader.root();
}

/** As parseXml, with turns for other requests: megabytes of markup take a good part of a second. */
export async function parseXmlInTurns(body: Uint8Array, limits: XmlLimits, contentType?: string): Promise<XmlNode> {
  const reader = createReader(body, limits, contentType);
  const turns = createTurns();
  while (reader.hasMore()) {
    if (turns.isDue()) await turns.take();
    reader.readSome();
  }
  return reader.root();
}

/** Characters that are parsed at a time: some milliseconds of work. */
const SLICE = 16 * 1024;

interface Reader {
  hasMore(): boolean;
  readSome(): void;
  /** To be asked when there is no more. */
  root(): XmlNode;
}

function createReader(body: Uint8Array, limits: XmlLimits, contentType: string | undefined): Reader {
  if (body.length > limits.octets) {
    throw new BadRequest(`The XML body is longer than ${limits.octets} octets`, { status: 413 });
  }
  checkCharset(/;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType ?? '')?.[1], 'The Content-Type');
  const source = decode(body);
  const tree = createTree(limits);
  // XML 1.1 allows control characters that XML 1.0, the language of every answer, has no way to write.
  const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: '1.0', forceXMLVersion: true });
  parser.on('error', (error) => {
    throw new BadRequest(`The XML body is not well-formed: ${error.message}`, { cause: error });
  });
  parser.on('xmldecl', ({ encoding }) => checkCharset(encoding, 'The XML declaration'));
  parser.on('doctype', refuseDoctype);
  parser.on('opentag', tree.open);
  parser.on('closetag', tree.close);
  parser.on('text', tree.text);
  parser.on('cdata', tree.text);
  let at = 0;
  return {
    hasMore: () => at < source.length,
    readSome() {
      parser.write(source.slice(at, at + SLICE));
      at += SLICE;
    },
    root() {
      parser.close();
      return tree.root();
    },
  };
}

/** The first child element of that name. */
export function childOf(node: XmlNode, name: ClarkName): XmlNode | undefined {
  return node.children.find((child) => child.name === name);
}

/** The child elements of that name, in order. */
export function childrenOf(node: XmlNode, name: ClarkName): readonly XmlNode[] {
  return node.children.filter((child) => child.name === name);
}

/** The trimmed text of the first child of that name; undefined where there is no such child. */
export function childText(node: XmlNode, name: ClarkName): string | undefined {
  return childOf(node, name)?.text.trim();
}

/**
 * The node with the `xml:lang` that it inherits. What is kept of a property is the element alone, so the language in
 * scope has to move onto it (RFC 4918 §4.3). `ancestors` run from the nearest outwards.
 */
export function withInheritedLanguage(node: XmlNode, ancestors: readonly XmlNode[]): XmlNode {
  if (node.attributes.has(XML_LANG)) return node;
  const language = ancestors.find((ancestor) => ancestor.attributes.has(XML_LANG))?.attributes.get(XML_LANG);
  return language ? { ...node, attributes: new Map([...node.attributes, [XML_LANG, language]]) } : node;
}

function checkCharset(charset: string | undefined, where: string): void {
  if (charset === undefined || UTF8_NAMES.has(charset.toLowerCase())) return;
  throw new BadRequest(`${where} says ${charset}: request XML must be UTF-8`);
}

function decode(body: Uint8Array): string {
  const [first, second] = body;
  const isUtf16 =
    (first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe) || first === 0 || second === 0;
  if (isUtf16) throw new BadRequest('The XML body is UTF-16 or UTF-32: request XML must be UTF-8');
  try {
    // `fatal` refuses what is not UTF-8; a byte order mark of UTF-8 is dropped.
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw new BadRequest('The XML body is not UTF-8', { cause });
  }
}

function refuseDoctype(doctype: string): never {
  if (/\b(?:SYSTEM|PUBLIC)\b/.test(doctype)) {
    throw new Refusal('no-external-entities', 'The XML body has a DOCTYPE that names an external entity');
  }
  throw new BadRequest('The XML body has a DOCTYPE, and none is accepted');
}

interface Open {
  readonly name: ClarkName;
  readonly attributes: ReadonlyMap<string, string>;
  readonly content: (XmlNode | string)[];
  readonly children: XmlNode[];
  text: string;
}

interface Tree {
  open(tag: SaxesTagNS): void;
  close(): void;
  text(text: string): void;
  root(): XmlNode;
}

function createTree(limits: XmlLimits): Tree {
  const path: Open[] = [];
  let elements = 0;
  let root: XmlNode | undefined;
  return {
    open(tag) {
      elements += 1;
      if (elements > limits.elements) throw new BadRequest(`The XML body has more than ${limits.elements} elements`);
      if (path.length >= limits.depth) throw new BadRequest(`The XML body nests deeper than ${limits.depth} levels`);
      path.push({ name: clarkName(tag), attributes: attributesOf(tag), content: [], children: [], text: '' });
    },
    close() {
      const node = path.pop();
      if (node === undefined) return;
      const parent = path.at(-1);
      if (parent === undefined) {
        root = node;
        return;
      }
      parent.content.push(node);
      parent.children.push(node);
    },
    text(text) {
      const parent = path.at(-1);
      // Outside the root there is only white space: the parser has refused anything else.
      if (parent === undefined || text === '') return;
      parent.text += text;
      const last = parent.content.at(-1);
      // A comment or a CDATA section splits text that is one text to its reader.
      if (typeof last === 'string') parent.content[parent.content.length - 1] = last + text;
      else parent.content.push(text);
    },
    root() {
      if (root === undefined) throw new BadRequest('The XML body has no root element');
      return root;
    },
  };
}

function clarkName({ uri, local }: SaxesTagNS): ClarkName {
  return `{${checkNamespace(uri)}}${local}`;
}

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

function attributesOf({ attributes }: SaxesTagNS): ReadonlyMap<string, string> {
  let found: Map<string, string> | undefined;
  for (const { uri, local, value } of Object.values(attributes)) {
    if (uri === XMLNS) continue;
    found ??= new Map();
    found.set(uri === '' ? local : `{${checkNamespace(uri)}}${local}`, value);
  }
  return found ?? NO_ATTRIBUTES;
}

/** Clark notation has to stay readable: no URI holds a brace (RFC 3986 §2). */
function checkNamespace(uri: string): string {
  if (uri.includes('}') || uri.includes('{'))
    throw new BadRequest('The XML body has a namespace name with a brace in it');
  return uri;
}
