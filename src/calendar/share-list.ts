import { findPrincipals, principalByAddress, principalByGuid } from '../store/principals.ts';
import {
  answersOf,
  answersTo,
  sharedCalendars,
  shareById,
  sharesOf,
  type Share,
  type ShareAnswer,
} from '../store/shares.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, Principal, ShareStatus } from './model.ts';

export type { Share };

/** A sharee as the sharer sees it. */
export interface ListedShare {
  readonly share: Share;
  readonly sharee: Principal;
  /** Of a group: accepted where one of it did; declined where all did. */
  readonly status: ShareStatus;
}

/** With whom a calendar is shared, in the order of invitations. */
export async function sharesOn(
  { store }: CalendarContext,
  { id }: Pick<Collection, 'id'>,
): Promise<readonly ListedShare[]> {
  const shares = await sharesOf(store.db, id);
  if (shares.length === 0) return [];
  const answers = Map.groupBy(await answersTo(store.db, id), ({ shareId }) => shareId);
  const found = await findPrincipals(
    store.db,
    shares.map(({ shareeId }) => shareeId),
  );
  const sharees = new Map(found.map((principal) => [principal.id, principal]));
  return shares.flatMap((share) => {
    const sharee = sharees.get(share.shareeId);
    return sharee === undefined ? [] : [{ share, sharee, status: statusOf(answers.get(share.id) ?? []) }];
  });
}

function statusOf(answers: readonly ShareAnswer[]): ShareStatus {
  if (answers.some(({ status }) => status === 'accepted')) return 'accepted';
  const isDeclined = answers.length > 0 && answers.every(({ status }) => status === 'declined');
  return isDeclined ? 'declined' : 'noresponse';
}

/** The people whom a calendar is offered to by one share, with the invitation of each. */
export async function peopleAsked(
  { store }: CalendarContext,
  { id }: Pick<Collection, 'id'>,
  sharee: Pick<Principal, 'id'>,
): Promise<readonly Pick<ShareAnswer, 'shareId' | 'memberId'>[]> {
  const share = (await sharesOf(store.db, id)).find(({ shareeId }) => shareeId === sharee.id);
  return share === undefined ? [] : answersOf(store.db, share.id);
}

/** The share behind a calendar in the home of its sharee. */
export function shareOfMount({ store }: CalendarContext, { shareId }: { readonly shareId: string }) {
  return shareById(store.db, shareId);
}

/** The ids of the calendars of a home that are shared. */
export function sharedIn({ store }: CalendarContext, homeId: string): Promise<ReadonlySet<string>> {
  return sharedCalendars(store.db, homeId);
}

/** Who has a calendar user address (RFC 6638 §2.4.1) that is no URL of ours: `mailto:`, a bare e-mail address, a URN. */
export async function principalOfAddress({ store }: CalendarContext, address: string): Promise<Principal | undefined> {
  const [, scheme = '', rest = ''] = /^(mailto:|urn:uuid:|urn:x-uid:|)(.*)$/is.exec(address) ?? [];
  if (scheme.toLowerCase().startsWith('urn')) return principalByGuid(store.db, rest);
  return rest.includes('@') ? principalByAddress(store.db, decoded(rest)) : undefined;
}

/** A mailto: URI is percent-encoded (RFC 6068 §2); what is none stays. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
