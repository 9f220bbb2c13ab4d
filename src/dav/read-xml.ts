import { BadRequest } from '../base/refusal.ts';
import type { DavRequest } from './method.ts';
import type { XmlNode } from './xml/node.ts';
import { parseXmlInTurns } from './xml/parse.ts';

/** The request's XML body; undefined where there is none. Throws BadRequest for another type or what is not XML. */
export async function readXml(request: Pick<DavRequest, 'context' | 'headers' | 'body'>): Promise<XmlNode | undefined> {
  const { limits } = request.context.calendar;
  const body = await request.body(limits.xmlOctets);
  if (body.length === 0) return undefined;
  requireXmlType(request.headers['content-type']);
  const bounds = { octets: limits.xmlOctets, depth: limits.xmlDepth, elements: limits.xmlElements };
  return parseXmlInTurns(body, bounds, request.headers['content-type']);
}

/** RFC 4918 §8.2: text/xml or application/xml; a client that names no type is believed. */
export const isXmlType = (contentType: string | undefined): boolean =>
  contentType === undefined || /^\s*(text|application)\/([\w.-]+\+)?xml\s*(;|$)/i.test(contentType);

function requireXmlType(contentType: string | undefined): void {
  if (isXmlType(contentType)) return;
  throw new BadRequest('The body must be XML', { status: 415 });
}
