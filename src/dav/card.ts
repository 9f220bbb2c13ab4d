import { createHash } from 'node:crypto';

import { createTurns, inTurns } from '../base/turns.ts';
import { memberGuidPages } from '../calendar/directory.ts';
import type { Principal } from '../calendar/model.ts';
import type { Card, CardVersion } from '../vcard/card.ts';
import { CARD_FORM, cardOf, memberLines } from '../vcard/directory-card.ts';
import { writingCard } from '../vcard/write.ts';
import { cardHref } from './hrefs.ts';
import type { DavContext } from './property.ts';
import type { ResourceOf } from './resource.ts';

/** RFC 6350 §10.1; RFC 2426's own registration is older than the type, and RFC 6352 §10.4 uses it for both versions. */
export const CARD_TYPE = 'text/vcard';
/** Without the parameter `version` the type means 3.0 (RFC 6352 §10.4). */
export const cardContentType = (version: CardVersion): string =>
  `${CARD_TYPE}; charset=utf-8${version === '3.0' ? '' : `; version=${version}`}`;

type CardResource = ResourceOf<'card'>;

/** A principal as a member of the directory. */
export const cardResource = (principal: Principal, { privileges }: Pick<CardResource, 'privileges'>): CardResource => ({
  kind: 'card',
  href: cardHref(principal.id),
  principal,
  privileges,
});

/** Groups that are held with all their members at a time. */
const MOST_GROUPS = 5;

/** Cards in slices that hold few groups: whatever is asked of a slice is made for all of it together. */
export function* cardSlices(cards: readonly CardResource[]): Generator<readonly CardResource[], void> {
  let from = 0;
  let groups = 0;
  for (const [at, { principal }] of cards.entries()) {
    if (principal.kind !== 'group' || ++groups <= MOST_GROUPS) continue;
    yield cards.slice(from, at);
    from = at;
    groups = 1;
  }
  if (from < cards.length) yield cards.slice(from);
}

/** The id of the principal whose card a path segment names. */
export const idOfCardName = (name: string): string | undefined =>
  name.endsWith('.vcf') && name !== '.vcf' ? name.slice(0, -'.vcf'.length) : undefined;

/** The lines of a card. The members of a group are read from the database. */
export function linesOf({ principal }: CardResource, version: CardVersion, context: DavContext): Card | Promise<Card> {
  return principal.kind === 'group' ? groupLines(principal, version, context) : cardOf(principal, version);
}

async function groupLines(group: Principal, version: CardVersion, { calendar }: DavContext): Promise<Card> {
  const lines = [...cardOf(group, version)];
  for await (const guids of memberGuidPages(calendar, group.id)) lines.push(...memberLines(guids, version));
  return lines;
}

/** A card as text. */
export async function cardText(card: CardResource, version: CardVersion, context: DavContext): Promise<string> {
  return inTurns(writingCard(await linesOf(card, version, context)), createTurns());
}

/**
 * The entity tag of a card in version 3.0, without quotes: made of what the octets are made of. Of a group that is its
 * members, with each of which its version grows.
 */
export function cardTag({ kind, guid, name, emails, version }: Principal): string {
  const made = JSON.stringify([CARD_FORM, kind, guid, name, emails, kind === 'group' ? version : 0]);
  return createHash('sha256').update(made).digest('base64url').slice(0, 22);
}

/** A strong tag names one representation (RFC 9110 §8.8.3.3). */
export const versionTag = (tag: string, version: CardVersion): string =>
  version === '3.0' ? tag : `${tag}:${version}`;
