import { BadRequest, Refusal } from '../../base/refusal.ts';
import { principalsById } from '../../calendar/principals.ts';
import { cardResource, idOfCardName } from '../card.ts';
import { cardResponses, parseCardWish, withAddressData, type CardWish } from '../card-data.ts';
import { ADDRESSBOOK } from '../hrefs.ts';
import { memberName } from '../member-name.ts';
import { segmentsOf } from '../path.ts';
import { report, type ReportRequest } from '../report.ts';
import type { ResourceOf } from '../resource.ts';
import type { DavResponse } from '../xml/multistatus.ts';
import { carddav, dav } from '../xml/names.ts';
import { childrenOf } from '../xml/parse.ts';

interface Query {
  /** As sent: paths or absolute URIs, percent-encoded; each once. */
  readonly hrefs: readonly string[];
  readonly wish: CardWish;
}

/** Principals read from the database at a time. */
const PAGE = 100;

/**
 * CARDDAV:addressbook-multiget, RFC 6352 §8.7; the Depth header is ignored. Hrefs that name no card of the directory are
 * answered with 404, one by one. Can raise: supported-address-data, number-of-matches-within-limits, 400.
 */
export const addressbookMultiget = report({
  name: carddav('addressbook-multiget'),
  on: ['addressbook', 'card'],
  privilege: 'read',
  parse(body, { context }): Query {
    const hrefs = childrenOf(body, dav('href')).map((node) => node.text.trim());
    if (hrefs.length === 0) throw new BadRequest('CARDDAV:addressbook-multiget must hold a DAV:href');
    const { multigetHrefs } = context.calendar.limits;
    if (hrefs.length > multigetHrefs) {
      throw new Refusal('number-of-matches-within-limits', `At most ${multigetHrefs} hrefs can be asked for at once`);
    }
    return { hrefs: [...new Set(hrefs)], wish: parseCardWish(body) };
  },
  run({ hrefs, wish }, resource, request) {
    if (resource.kind === 'card' && hrefs.length > 1) {
      throw new BadRequest('On a card, CARDDAV:addressbook-multiget names that card alone');
    }
    return { kind: 'multistatus', responses: responses({ hrefs, wish }, resource, request) };
  },
});

async function* responses(
  { hrefs, wish }: Query,
  resource: ResourceOf<'addressbook' | 'card'>,
  { context, preferences }: ReportRequest,
): AsyncGenerator<DavResponse, void> {
  const asked = withAddressData(wish, context);
  const parent = segmentsOf(ADDRESSBOOK);
  for (let from = 0; from < hrefs.length; from += PAGE) {
    const page = hrefs.slice(from, from + PAGE).map((href) => ({ href, id: idIn(href, parent) }));
    const ids = page.flatMap(({ id }) => id ?? []);
    const found = new Map(
      (await principalsById(context.calendar, ids)).map((each): [string, typeof each] => [each.id, each]),
    );
    // In the order of the hrefs.
    const cards = page.map(({ id }) => (id === undefined ? undefined : found.get(id)));
    const members = cards.flatMap((principal) => (principal === undefined ? [] : cardResource(principal, resource)));
    const answered = cardResponses(members, asked, { context, preferences });
    for (const [at, { href }] of page.entries()) {
      const next = cards[at] === undefined ? undefined : (await answered.next()).value;
      yield next ?? { href, status: 404 };
    }
  }
}

function idIn(href: string, parent: readonly string[]): string | undefined {
  const name = memberName(href, parent);
  return name === undefined ? undefined : idOfCardName(name);
}
