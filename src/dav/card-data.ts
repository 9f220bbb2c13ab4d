import { createTurns, inTurns } from '../base/turns.ts';
import { CARD_VERSIONS, type Card, type CardVersion } from '../vcard/card.ts';
import { subsetOf, type WantedProperty } from '../vcard/subset.ts';
import { writeCard, writingCard } from '../vcard/write.ts';
import { CARD_TYPE, cardSlices, linesOf } from './card.ts';
import { responsesInSlices } from './propstats.ts';
import { property, type DavContext } from './property.ts';
import { parsePropRequest, propNode, type PropRequest } from './prop-request.ts';
import type { ReportRequest } from './report.ts';
import { parseAddressData } from './reports/address-data-xml.ts';
import type { ResourceOf } from './resource.ts';
import type { DavResponse } from './xml/multistatus.ts';
import { carddav } from './xml/names.ts';
import type { Xml, XmlNode } from './xml/node.ts';
import { el, elWith, text, writingText } from './xml/write.ts';

const NAME = carddav('address-data');

/** What a report asks of each card. */
export interface CardWish {
  readonly request: PropRequest;
  readonly version: CardVersion;
  /** undefined: all. */
  readonly wanted: readonly WantedProperty[] | undefined;
}

/**
 * The DAV:prop, allprop or propname of an address book report (RFC 6352 §8.6); without one, no property is asked for.
 * Throws what parseAddressData does.
 */
export function parseCardWish(body: XmlNode): CardWish {
  const request = parsePropRequest(body) ?? { kind: 'prop', names: [] };
  const node = propNode(body, NAME);
  return { request, version: CARD_VERSIONS[0], wanted: undefined, ...(node && parseAddressData(node)) };
}

/**
 * The request with CARDDAV:address-data as a property of cards. It is none of PROPFIND's properties (RFC 6352 §10.4),
 * which is why no file of the registry has it.
 */
export function withAddressData({ request, version, wanted }: CardWish, context: DavContext): PropRequest {
  const computed = property({
    name: NAME,
    on: ['card'],
    get(card) {
      const lines = linesOf(card, version, context);
      // Of a page of people all is at hand; only a group may have lines without end.
      return lines instanceof Promise
        ? lines.then((all) => longElement(cut(all), version))
        : element(cut(lines), version);
    },
  });
  const cut = (lines: Card): Card => (wanted === undefined ? lines : subsetOf(lines, wanted));
  return { ...request, computed: [computed] };
}

/** The attributes say what the data are, where they are not of the default version. */
function wrapped(content: Xml, version: CardVersion): Xml {
  return version === CARD_VERSIONS[0]
    ? el(NAME, content)
    : elWith(NAME, { 'content-type': CARD_TYPE, version }, content);
}

const element = (lines: Card, version: CardVersion): Xml => wrapped(text(writeCard(lines)), version);

async function longElement(lines: Card, version: CardVersion): Promise<Xml> {
  const turns = createTurns();
  const written = await inTurns(writingCard(lines), turns);
  return wrapped(await inTurns(writingText(written), turns), version);
}

/** As responsesInSlices, for cards: groups may have members without end. */
export async function* cardResponses(
  cards: readonly ResourceOf<'card'>[],
  asked: PropRequest,
  request: Pick<ReportRequest, 'context' | 'preferences'>,
): AsyncGenerator<DavResponse, void> {
  for (const slice of cardSlices(cards)) yield* responsesInSlices(slice, asked, request);
}
