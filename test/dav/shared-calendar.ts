import type { ShareAccess } from '../../src/calendar/model.ts';
import { collectionByUri } from '../../src/store/collections.ts';
import { insertMount } from '../../src/store/mounts.ts';
import { asPrincipalId, newId } from '../../src/base/ids.ts';
import type { DavServer } from '../dav-server.ts';

export interface SharedCalendar {
  readonly sharer: string;
  readonly sharee: string;
  readonly access: ShareAccess;
  /** Path segments: of the calendar, and of its place in the home of the sharee. */
  readonly calendar?: string;
  readonly uri?: string;
  readonly transparent?: boolean;
}

/** As an invitation and its acceptance leave it; returns the path of the calendar in the home of the sharee. */
export async function shareCalendar(
  { context: { store }, time }: DavServer,
  { sharer, sharee, access, calendar: from = 'calendar', uri = 'theirs', transparent = false }: SharedCalendar,
): Promise<string> {
  const calendar = await collectionByUri(store.db, sharer, from);
  if (calendar === undefined) throw new Error('There is no such calendar to share');
  await store.write(async (tx) => {
    const place = await insertMount(tx, { calendar, homeId: asPrincipalId(sharee), uri, transparent }, time.now);
    const share = { id: newId(), home_id: sharer, collection_id: calendar.id, sharee_id: sharee, access };
    await tx
      .insertInto('shares')
      .values({ ...share, common_name: null, summary: null, created_at: 1, modified_at: 1 })
      .execute();
    const answer = { share_id: share.id, member_id: sharee, status: 'accepted' as const, mount_id: place.id };
    await tx
      .insertInto('share_answers')
      .values({ ...answer, answered_at: 1 })
      .execute();
  });
  return `/dav/calendars/${sharee}/${uri}/`;
}
