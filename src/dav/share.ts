import { BadRequest, Refusal } from '../base/refusal.ts';
import { changeShares, type AskedShare, type ShareOutcome } from '../calendar/share.ts';
import { answerShare } from '../calendar/share-answer.ts';
import { calendarUser } from './calendar-user.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import { multistatusAnswer, XML_TYPE } from './multistatus-answer.ts';
import type { ResourceOf } from './resource.ts';
import { accessIn, bareHref } from './share-xml.ts';
import { checkTarget } from './write-check.ts';
import { cs, dav } from './xml/names.ts';
import type { XmlNode } from './xml/node.ts';
import { childOf, childText } from './xml/parse.ts';
import { document, el } from './xml/write.ts';

/** Root elements of the two POST requests of caldav-sharing: §5.3.2 to a calendar, §5.4.1 to a home. */
export const SHARE = cs('share');
export const INVITE_REPLY = cs('invite-reply');

/**
 * Changes the sharees of a calendar. 200 without a body; 207 where a sharee cannot be one, as Apple's server has it. Can
 * raise: need-privileges, quota-not-exceeded, lock-token-submitted, 400.
 */
export async function shareCalendar(
  request: DavRequest,
  { collection }: ResourceOf<'calendar'>,
  body: XmlNode,
): Promise<DavAnswer> {
  const { actor, calendar } = request.context;
  const { locks } = request;
  checkTarget(request);
  const most = calendar.limits.shareesPerCalendar;
  // All that it can have are replaced.
  if (body.children.length > 2 * most) throw new Refusal('quota-not-exceeded', `At most ${2 * most} sharees at once`);
  const asked: AskedShare[] = [];
  for (const node of body.children) asked.push(...(await askedBy(request, node)));
  if (asked.length === 0) throw new BadRequest('The CS:share holds neither CS:set nor CS:remove');
  const outcomes = await changeShares(calendar, { actor, collection, asked, locks });
  if (outcomes.every(({ status }) => status === 200)) return { status: 200 };
  return multistatusAnswer(request, outcomes.map(responseOf));
}

const responseOf = ({ address, status, reason }: ShareOutcome) => ({
  ...{ href: address, status },
  ...(reason !== undefined && { description: reason }),
});

async function askedBy(request: DavRequest, node: XmlNode): Promise<readonly AskedShare[]> {
  const isSet = node.name === cs('set');
  if (!isSet && node.name !== cs('remove')) return [];
  const address = childText(node, dav('href')) ?? '';
  if (address === '') throw new BadRequest('A DAV:href must say who the sharee is');
  const access = isSet ? accessIn(node) : undefined;
  if (isSet && access === undefined) throw new BadRequest('A CS:set must hold CS:read or CS:read-write');
  const sharee = await calendarUser(request, address);
  const names = { commonName: textIn(node, 'common-name'), summary: textIn(node, 'summary') };
  return [{ address, sharee, terms: access && { access, ...names } }];
}

/** An empty one says nothing. */
function textIn(node: XmlNode, name: 'common-name' | 'summary'): string | undefined {
  const text = childText(node, cs(name));
  return text === '' ? undefined : text;
}

/**
 * A sharee's answer to an invitation. 200 with CS:shared-as where it is accepted. Can raise: need-privileges,
 * quota-not-exceeded, 400, 403 for what is no invitation to the owner of the home.
 */
export async function replyToInvite(
  request: DavRequest,
  { owner }: ResourceOf<'home'>,
  body: XmlNode,
): Promise<DavAnswer> {
  const { actor, calendar } = request.context;
  checkTarget(request);
  const accepted = childOf(body, cs('invite-accepted')) !== undefined;
  const shareId = childText(body, cs('in-reply-to'));
  if (shareId === undefined || accepted === (childOf(body, cs('invite-declined')) !== undefined)) {
    throw new BadRequest('A CS:invite-reply has a CS:in-reply-to, and either CS:invite-accepted or CS:invite-declined');
  }
  const address = childText(body, dav('href'));
  const replier = address === undefined ? undefined : await calendarUser(request, address);
  if (replier !== undefined && replier.id !== owner.id) {
    throw new BadRequest('The invitation of somebody else is answered in their home', { status: 403 });
  }
  const summary = textIn(body, 'summary');
  const place = await answerShare(calendar, { actor, homeId: owner.id, shareId, accepted, summary });
  if (place === undefined) return { status: 200 };
  const sharedAs = el(cs('shared-as'), bareHref({ homeId: owner.id, uri: place.uri }));
  return { status: 200, headers: { 'Content-Type': XML_TYPE }, body: document(sharedAs) };
}
