import { BadRequest } from '../base/refusal.ts';
import type { DavRequest } from './method.ts';
import type { XmlNode } from './xml/node.ts';
import { parseXmlInTurns, type XmlLimits } from './xml/parse.ts';

type Asked = Pick<DavRequest, 'context' | 'headers' | 'body'>;

/** The request's XML body; undefined where there is none. Throws BadRequest for another type or what is not XML. */
export async function readXml(request: Asked): Promise<XmlNode | undefined> {
  const { limits } = request.context.calendar;
  const body = await request.body(limits.xmlOctets);
  return body.length === 0 ? undefined : parsed(body, request);
}

/**
 * As readXml, for PROPFIND and REPORT, whose bodies clients send again and again: a short one that was read before is
 * known by its octets, and with it what was made of it (made-of.ts). To parse one costs half of a small answer.
 */
export async function readQuestion(request: Asked): Promise<XmlNode | undefined> {
  const { limits } = request.context.calendar;
  const body = await request.body(limits.xmlOctets);
  if (body.length === 0) return undefined;
  const type = request.headers['content-type'] ?? '';
  if (type.length + body.length > LONGEST_KNOWN) return parsed(body, request);
  const known = questionsUnder(limits);
  // One character for each octet, so that other octets are another text; the type may name another encoding.
  const octets = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const key = `${type}\n${octets}`;
  const before = known.get(key);
  const node = before ?? (await parsed(body, request));
  if (before === undefined && weightOf(node) > HEAVIEST_KNOWN) return node;
  // What was asked last goes last. Only what parses is kept.
  known.delete(key);
  known.set(key, node);
  if (known.size > MOST_KNOWN) known.delete(known.keys().next().value ?? '');
  return node;
}

/** Octets of a body with its type, and bodies. What names hrefs or a sync token is longer, or soon another. */
const LONGEST_KNOWN = 4096;
/** Characters of memory, near enough, of what was read: each name has its whole namespace, so that 4 KiB may become 800. */
const HEAVIEST_KNOWN = 32 * 1024;
/** Of an element or an attribute without its name, with what is made of it. */
const BARE_WEIGHT = 150;

function weightOf({ name, attributes, children }: XmlNode): number {
  let weight = BARE_WEIGHT + name.length;
  for (const key of attributes.keys()) weight += BARE_WEIGHT + key.length;
  for (const child of children) weight += weightOf(child);
  return weight;
}

const MOST_KNOWN = 500;

type Limits = DavRequest['context']['calendar']['limits'];
const questions = new WeakMap<Limits, Map<string, XmlNode>>();

/** What is well-formed under one set of limits may be too much under another. */
function questionsUnder(limits: Limits): Map<string, XmlNode> {
  const known = questions.get(limits) ?? new Map<string, XmlNode>();
  questions.set(limits, known);
  return known;
}

async function parsed(body: Uint8Array, { context, headers }: Asked): Promise<XmlNode> {
  requireXmlType(headers['content-type']);
  const { limits } = context.calendar;
  const bounds: XmlLimits = { octets: limits.xmlOctets, depth: limits.xmlDepth, elements: limits.xmlElements };
  return parseXmlInTurns(body, bounds, headers['content-type']);
}

/** RFC 4918 §8.2: text/xml or application/xml; a client that names no type is believed. */
export const isXmlType = (contentType: string | undefined): boolean =>
  contentType === undefined || /^\s*(text|application)\/([\w.-]+\+)?xml\s*(;|$)/i.test(contentType);

function requireXmlType(contentType: string | undefined): void {
  if (isXmlType(contentType)) return;
  throw new BadRequest('The body must be XML', { status: 415 });
}
