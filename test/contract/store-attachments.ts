import { describe, expect, test } from 'vitest';

import { newId } from '../../src/base/ids.ts';
import {
  attachmentById,
  attachmentUsage,
  chunkAt,
  collectionsHolding,
  completeAttachment,
  dropHeld,
  heldBefore,
  hold,
  insertAttachment,
  insertChunk,
  pruneAttachments,
  type Attachment,
} from '../../src/store/attachments.ts';
import { removeObject, updateObject } from '../../src/store/objects.ts';
import type { PrincipalId } from '../../src/base/ids.ts';
import { pruneVersions } from '../../src/store/forget-versions.ts';
import { createHome, NOW, octetsOf, openedStore, put, type Engine } from './store-engine.ts';

export function attachmentsContract(engine: Engine): void {
  describe('attachments', () => {
    const opened = openedStore(engine);
    const held = (id: string) => collectionsHolding(opened.store.db, id);

    async function attach(homeId: PrincipalId): Promise<Attachment> {
      const attachment = {
        id: newId(),
        homeId,
        filename: 'ä.txt',
        contentType: 'text/plain',
        size: 5,
        etag: 'e',
        createdAt: NOW,
      };
      await opened.store.write((tx) => insertAttachment(tx, attachment));
      return attachment;
    }

    async function prune(before = NOW + 1): Promise<number> {
      let count = 0;
      for (let after: string | undefined = ''; after !== undefined;) {
        const from: string = after;
        const { next, removed } = await opened.store.write((tx) =>
          pruneAttachments(tx, { after: from, before, limit: 2 }),
        );
        count += removed;
        after = next;
      }
      return count;
    }

    test('the octets come back piece by piece, and go with the attachment and with the home', async () => {
      const { owner } = await createHome(opened.store);
      const attachment = await attach(owner.id);
      const pieces = [new Uint8Array(300_000).fill(7), octetsOf('\0ÿ')];
      await opened.store.write(async (tx) => {
        for (const [place, octets] of pieces.entries()) await insertChunk(tx, attachment, { place, octets });
        await completeAttachment(tx, attachment.id, { size: 300_003, etag: 'whole' });
      });
      const { db } = opened.store;
      expect(await attachmentById(db, attachment.id)).toEqual({ ...attachment, size: 300_003, etag: 'whole' });
      for (const [place, octets] of pieces.entries()) {
        expect(Buffer.from((await chunkAt(db, attachment.id, place))!).equals(octets)).toBe(true);
      }
      expect(await chunkAt(db, attachment.id, 2)).toBeUndefined();
      await opened.store.write((tx) => tx.deleteFrom('principals').where('id', '=', owner.id).execute());
      expect([await attachmentById(db, attachment.id), await chunkAt(db, attachment.id, 0)]).toEqual([
        undefined,
        undefined,
      ]);
    });

    test('an object holds it until it drops it or goes; what is held now takes room, each attachment once', async () => {
      const { owner, calendar } = await createHome(opened.store);
      const { db } = opened.store;
      const [one, other] = [await attach(owner.id), await attach(owner.id)];
      const [first, second] = await opened.store.write(async (tx) => {
        const heads = [await put(tx, calendar), await put(tx, calendar)] as const;
        for (const { id, uid } of heads) await hold(tx, { objectId: id, homeId: owner.id, uid }, [one.id, 'none']);
        return heads;
      });
      expect(await held(one.id)).toEqual([{ id: calendar.id, homeId: owner.id }]);
      expect([await held(other.id), await attachmentUsage(db, owner.id)]).toEqual([[], 5]);
      await opened.store.write((tx) => dropHeld(tx, first.id, NOW));
      expect([(await held(one.id)).length, await attachmentUsage(db, owner.id)]).toEqual([1, 5]);
      await opened.store.write((tx) => removeObject(tx, second, 99, NOW, { kind: 'deleted', by: undefined }));
      expect([await held(one.id), await attachmentUsage(db, owner.id)]).toEqual([[], 0]);
    });

    test('what an object with the UID held is known in its home and nowhere else', async () => {
      const { owner, calendar } = await createHome(opened.store);
      const { id } = await attach(owner.id);
      const head = await opened.store.write(async (tx) => {
        const written = await put(tx, calendar);
        await hold(tx, { objectId: written.id, homeId: owner.id, uid: written.uid }, [id]);
        await dropHeld(tx, written.id, NOW);
        return written;
      });
      const { db } = opened.store;
      const known = { homeId: owner.id, uid: head.uid };
      expect(await heldBefore(db, known, [id, 'none'])).toEqual(new Set([id]));
      expect(await heldBefore(db, { ...known, uid: 'other' }, [id])).toEqual(new Set());
      expect(await heldBefore(db, { ...known, homeId: 'other' }, [id])).toEqual(new Set());
      expect(await heldBefore(db, { homeId: 'other', uid: 'other', also: head.id }, [id])).toEqual(new Set([id]));
    });

    test('it is kept while the object or one of its versions of then is, and removed after', async () => {
      const { owner, calendar } = await createHome(opened.store);
      const { id } = await attach(owner.id);
      const isThere = async (): Promise<boolean> => (await attachmentById(opened.store.db, id)) !== undefined;
      await prune(NOW);
      expect(await isThere()).toBe(true);
      const head = await opened.store.write(async (tx) => {
        const written = await put(tx, calendar);
        await hold(tx, { objectId: written.id, homeId: owner.id, uid: written.uid }, [id]);
        return written;
      });
      await prune();
      expect(await isThere()).toBe(true);
      await opened.store.write(async (tx) => {
        await updateObject(tx, head.id, { octets: octetsOf('x'), etag: 'x', seq: 98, by: undefined }, NOW + 10);
        await dropHeld(tx, head.id, NOW + 10);
      });
      await prune();
      expect(await isThere()).toBe(true);
      await opened.store.write(async (tx) => {
        await updateObject(tx, head.id, { octets: octetsOf('y'), etag: 'y', seq: 99, by: undefined }, NOW + 20);
        await pruneVersions(tx, NOW + 11, 1000);
      });
      await prune();
      expect(await isThere()).toBe(false);
    });
  });
}
