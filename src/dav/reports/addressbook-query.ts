import { BadRequest } from '../../base/refusal.ts';
import { createTurns, inTurns } from '../../base/turns.ts';
import { directoryPages } from '../../calendar/directory.ts';
import { matchingCard, type CardFilter } from '../../vcard/filter.ts';
import { narrowingOf } from '../../vcard/filter-narrowing.ts';
import { cardResource, linesOf } from '../card.ts';
import { cardResponses, parseCardWish, withAddressData, type CardWish } from '../card-data.ts';
import { report, type ReportRequest } from '../report.ts';
import type { ResourceOf } from '../resource.ts';
import type { DavResponse } from '../xml/multistatus.ts';
import { carddav, dav } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { childOf, childText } from '../xml/parse.ts';
import { el } from '../xml/write.ts';
import { parseCardFilter } from './card-filter-xml.ts';

interface Query {
  readonly filter: CardFilter;
  /** CARDDAV:nresults. */
  readonly limit: number;
  readonly wish: CardWish;
}

type Queried = ResourceOf<'addressbook' | 'card'>;

/**
 * CARDDAV:addressbook-query, RFC 6352 §8.6. Without a Depth header the members are searched, as with calendar-query.
 * Beyond the limit, the client's or the server's, the answer is cut and says so (§8.6.2). Can raise:
 * supported-address-data, supported-collation, 400.
 */
export const addressbookQuery = report({
  name: carddav('addressbook-query'),
  on: ['addressbook', 'card'],
  privilege: 'read',
  parse(body, { context }): Query {
    const filter = childOf(body, carddav('filter'));
    if (filter === undefined) throw new BadRequest('CARDDAV:addressbook-query must hold a CARDDAV:filter');
    const { reportMatches } = context.calendar.limits;
    return {
      filter: parseCardFilter(filter),
      limit: Math.min(limitIn(childOf(body, carddav('limit'))) ?? reportMatches, reportMatches),
      wish: parseCardWish(body),
    };
  },
  run(query, resource, request) {
    // The collection is no address object: with Depth 0 there is nothing to match.
    if (resource.kind === 'addressbook' && request.depth === 0) return { kind: 'multistatus', responses: [] };
    return { kind: 'multistatus', responses: answer(query, resource, request) };
  },
});

/** CARDDAV:limit, §10.6. */
function limitIn(node: XmlNode | undefined): number | undefined {
  if (node === undefined) return undefined;
  const value = (childText(node, carddav('nresults')) ?? '').trim();
  if (!/^\d{1,9}$/.test(value)) throw new BadRequest('CARDDAV:nresults must be a number');
  return Number(value);
}

async function* answer(
  { filter, limit, wish }: Query,
  resource: Queried,
  request: ReportRequest,
): AsyncGenerator<DavResponse, void> {
  const asked = withAddressData(wish, request.context);
  let left = limit;
  for await (const page of candidates(filter, resource, request)) {
    const found = await matching(page, { filter, wish }, request);
    yield* cardResponses(found.slice(0, left), asked, request);
    left -= found.length;
    if (left < 0) {
      yield { href: resource.href, status: 507, error: el(dav('number-of-matches-within-limits')) };
      return;
    }
  }
}

type Cards = readonly ResourceOf<'card'>[];

async function* candidates(
  filter: CardFilter,
  resource: Queried,
  { context }: ReportRequest,
): AsyncGenerator<Cards, void> {
  if (resource.kind === 'card') {
    yield [resource];
    return;
  }
  for await (const page of directoryPages(context.calendar, { narrowing: narrowingOf(filter) })) {
    yield page.map((principal) => cardResource(principal, resource));
  }
}

async function matching(
  page: Cards,
  { filter, wish: { version } }: Pick<Query, 'filter' | 'wish'>,
  { context }: ReportRequest,
): Promise<Cards> {
  if (filter.props.length === 0) return page;
  const turns = createTurns();
  const found: ResourceOf<'card'>[] = [];
  for (const card of page) {
    if (turns.isDue()) await turns.take();
    const lines = linesOf(card, version, context);
    if (await inTurns(matchingCard(lines instanceof Promise ? await lines : lines, filter), turns)) found.push(card);
  }
  return found;
}
