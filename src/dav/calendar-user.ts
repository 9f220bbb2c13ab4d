import type { Principal } from '../calendar/model.ts';
import { getPrincipal } from '../calendar/principals.ts';
import { principalOfAddress } from '../calendar/share-list.ts';
import { localSegments } from './destination.ts';
import { encodeSegment, principalHref } from './hrefs.ts';
import type { DavRequest } from './method.ts';

const URL_OR_PATH = /^(?:https?:|\/)/i;

/** Whom a calendar user address means (RFC 6638 §2.4.1): a principal by its URL, or by an address. */
export async function calendarUser(
  { context, headers }: Pick<DavRequest, 'context' | 'headers'>,
  address: string,
): Promise<Principal | undefined> {
  const { calendar, publicUrl } = context;
  // Most are mailto: URIs, and many of them come at once.
  const segments = URL_OR_PATH.test(address) ? localSegments(address, { publicUrl, host: headers.host }) : undefined;
  if (segments === undefined) return principalOfAddress(calendar, address);
  const principal = segments[3] === undefined ? undefined : await getPrincipal(calendar, segments[3]);
  const named = `/${segments.map(encodeSegment).join('/')}/`;
  return principal !== undefined && principalHref(principal) === named ? principal : undefined;
}
