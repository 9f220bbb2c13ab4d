import { BadRequest, Refusal } from '../../base/refusal.ts';
import type { CollectionPatch } from '../../calendar/collection-patch.ts';
import { addressesOf } from '../../calendar/subscriptions.ts';
import { property } from '../property.ts';
import { cs, dav } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { childOf } from '../xml/parse.ts';
import { el, href } from '../xml/write.ts';

const NAME = cs('source');
const LONGEST = 4096;

/**
 * CS:source, Apple's: where a subscribed calendar is fetched from. It may hold a password or be a secret as a whole, so
 * that only the owner of the calendar sees it.
 */
export const source = property({
  name: NAME,
  on: ['calendar'],
  get: ({ collection }, { actor }) =>
    collection.source === undefined || actor?.id !== collection.homeId ? undefined : el(NAME, href(collection.source)),
  change: (node) => ({ source: sourceIn(node) }),
});

function sourceIn(node: XmlNode | undefined): NonNullable<CollectionPatch['source']> {
  if (node === undefined) {
    throw new Refusal('cannot-modify-protected-property', 'A subscribed calendar without a source is none');
  }
  const url = childOf(node, dav('href'))?.text.trim() ?? '';
  const isUsable = addressesOf(url).every((each) => /^https?:\/\/./i.test(each) && URL.canParse(each));
  if (isUsable && url.length <= LONGEST) return url;
  throw new BadRequest('CS:source must hold the http, https or webcal URL of a calendar', { status: 409 });
}
