import type { DavAnswer, DavRequest } from './method.ts';
import { preferenceHeaders } from './prefer.ts';
import { multistatusBody, type DavResponses } from './xml/multistatus.ts';
import type { Xml } from './xml/node.ts';

export const XML_TYPE = 'application/xml; charset=utf-8';

/**
 * 207 with a body that is written while it is read from the database (RFC 4918 §13). What fails before the first
 * piece is complete is still an error answer of its own.
 */
export async function multistatusAnswer(
  { preferences }: Pick<DavRequest, 'preferences'>,
  responses: DavResponses,
  tail?: () => Xml | undefined,
): Promise<DavAnswer> {
  return {
    status: 207,
    headers: { 'Content-Type': XML_TYPE, ...preferenceHeaders(preferences, ['return=minimal', 'depth-noroot']) },
    body: await multistatusBody(responses, tail),
  };
}
