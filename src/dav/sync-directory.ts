import { directoryChangesSince } from '../calendar/directory.ts';
import { CARD_FORM } from '../vcard/directory-card.ts';
import { cardResource } from './card.ts';
import { cardResponses, withAddressData, type CardWish } from './card-data.ts';
import { cardHref } from './hrefs.ts';
import type { ReportAnswer, ReportRequest } from './report.ts';
import type { ResourceOf } from './resource.ts';
import type { DavResponse } from './xml/multistatus.ts';
import { dav } from './xml/names.ts';
import { el, text } from './xml/write.ts';

export interface DirectorySync {
  readonly token: string | undefined;
  readonly limit: number | undefined;
  readonly wish: CardWish;
}

/** DAV:sync-collection of the directory, RFC 6578 §3.2. Can raise: valid-sync-token. */
export function syncDirectory(
  { token, limit, wish }: DirectorySync,
  resource: ResourceOf<'addressbook'>,
  request: ReportRequest,
): ReportAnswer {
  const { calendar } = request.context;
  const changes = directoryChangesSince(calendar, resource.state, { token, limit, form: CARD_FORM });
  return {
    kind: 'multistatus',
    responses: responses(changes, { wish, resource }, request),
    tail: () => el(dav('sync-token'), text(changes.token())),
  };
}

async function* responses(
  changes: ReturnType<typeof directoryChangesSince>,
  { wish, resource }: { readonly wish: CardWish; readonly resource: ResourceOf<'addressbook'> },
  request: ReportRequest,
): AsyncGenerator<DavResponse, void> {
  const asked = withAddressData(wish, request.context);
  for await (const { changed, removed } of changes.parts) {
    const cards = changed.map((principal) => cardResource(principal, resource));
    yield* cardResponses(cards, asked, request);
    for (const id of removed) yield { href: cardHref(id), status: 404 };
  }
  // §3.6: more changes wait, and are asked for with the token of this answer.
  if (changes.truncated()) {
    yield { href: resource.href, status: 507, error: el(dav('number-of-matches-within-limits')) };
  }
}
