import { describe, expect, test } from 'vitest';

import {
  forgetInvitations,
  insertInvitation,
  invitationByAnswerDigest,
  invitationByReplyDigest,
  invitationOf,
  removeInvitations,
  setGeneration,
  setRecipientPlace,
  type NewInvitation,
} from '../../src/store/mailed-invitations.ts';
import { createHome, fresh, NOW, openedStore, put, type Engine } from './store-engine.ts';

export function mailedInvitationsContract(engine: Engine): void {
  describe('invitations by mail', () => {
    const opened = openedStore(engine);

    const invitation = (more: Partial<NewInvitation> = {}): NewInvitation => ({
      ...{
        homeId: fresh('home'),
        uid: fresh('uid'),
        recipientKey: 'mailto:bob@x.test',
        recipient: 'MAILTO:Bob@x.test',
      },
      digests: { reply: fresh('reply'), answer: fresh('answer') },
      ...more,
    });
    const insert = (made: NewInvitation, now = NOW): Promise<void> =>
      opened.store.write((tx) => insertInvitation(tx, made, now));

    test('one is found by its key and by each of its digests, as it was made', async () => {
      const made = invitation();
      await insert(made);
      const { homeId, uid, recipientKey, recipient, digests } = made;
      const found = { homeId, uid, recipientKey, recipient, generation: 0, zone: undefined, language: undefined };
      expect(await invitationOf(opened.store.db, made)).toEqual({ ...found, createdAt: NOW });
      expect(await invitationByReplyDigest(opened.store.db, digests.reply)).toEqual({ ...found, createdAt: NOW });
      expect(await invitationByAnswerDigest(opened.store.db, digests.answer)).toEqual({ ...found, createdAt: NOW });
      expect(await invitationByReplyDigest(opened.store.db, digests.answer)).toBeUndefined();
      expect(await invitationByAnswerDigest(opened.store.db, digests.answer.toUpperCase())).toBeUndefined();
      expect(await invitationOf(opened.store.db, { ...made, uid: made.uid.toUpperCase() })).toBeUndefined();
    });

    test('the first of two that are made at once stays', async () => {
      const made = invitation();
      const others = Array.from({ length: 8 }, () => invitation({ ...made, digests: invitation().digests }));
      await Promise.all([made, ...others].map((each) => insert(each)));
      const kept = await Promise.all(
        [made, ...others].map(({ digests }) => invitationByAnswerDigest(opened.store.db, digests.answer)),
      );
      expect(kept.filter((each) => each !== undefined)).toHaveLength(1);
    });

    test('another generation ends the digests before it', async () => {
      const made = invitation();
      await insert(made);
      const digests = { reply: fresh('reply'), answer: fresh('answer') };
      await opened.store.write((tx) => setGeneration(tx, made, { generation: 1, digests }));
      expect(await invitationByReplyDigest(opened.store.db, made.digests.reply)).toBeUndefined();
      expect(await invitationByAnswerDigest(opened.store.db, made.digests.answer)).toBeUndefined();
      expect(await invitationByReplyDigest(opened.store.db, digests.reply)).toMatchObject({ generation: 1 });
    });

    test('zone and language stay until they are told anew', async () => {
      const made = invitation();
      await insert(made);
      const tell = (zone?: string, language?: string) =>
        opened.store.write((tx) => setRecipientPlace(tx, made, { zone, language }));
      await tell('Europe/Berlin', 'de');
      await tell(undefined, 'fr');
      await tell();
      expect(await invitationOf(opened.store.db, made)).toMatchObject({ zone: 'Europe/Berlin', language: 'fr' });
    });

    test('those of a home go with it, and no others', async () => {
      const [made, other] = [invitation(), invitation()];
      await insert(made);
      await insert(other);
      expect(await opened.store.write((tx) => removeInvitations(tx, made.homeId))).toBe(1);
      expect(await invitationOf(opened.store.db, made)).toBeUndefined();
      expect(await invitationOf(opened.store.db, other)).toBeDefined();
    });

    test('those of long ago are forgotten where the meeting is in no calendar any more', async () => {
      const { owner, calendar } = await createHome(opened.store);
      const [kept, gone, late] = [fresh('uid'), fresh('uid'), fresh('uid')].map((uid) =>
        invitation({ homeId: owner.id, uid }),
      );
      await opened.store.write((tx) => put(tx, calendar, { uid: kept!.uid, scheduleTag: 'tag' }));
      await insert(kept!, 1000);
      await insert(gone!, 1000);
      await insert(late!, 2000);
      await opened.store.write((tx) => forgetInvitations(tx, 2000));
      const found = await Promise.all([kept!, gone!, late!].map((each) => invitationOf(opened.store.db, each)));
      expect(found.map((each) => each !== undefined)).toEqual([true, false, true]);
    });
  });
}
