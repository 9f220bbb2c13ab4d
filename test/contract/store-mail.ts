import { describe, expect, test } from 'vitest';

import { newId } from '../../src/base/ids.ts';
import { hasMailEvent, insertMailEvents, mailEventsOf, forgetMailEvents } from '../../src/store/mail-events.ts';
import {
  countWaiting,
  dueTimes,
  insertMailOnce,
  insertMails,
  mailBefore,
  mailById,
  mailsOf,
  octetsByKeys,
  replaceMails,
  timesSaid,
  undoMails,
  type NewMail,
} from '../../src/store/mail-messages.ts';
import {
  endMailLease,
  forgetMails,
  markBounced,
  markOffered,
  nextDue,
  sentSince,
  takeMails,
} from '../../src/store/mail-queue.ts';
import { forgetSharedOctets, keyOfShared } from '../../src/store/shared-octets.ts';
import type { Store } from '../../src/store/store.ts';
import { createHome, fresh, NOW, openedStore, type Engine } from './store-engine.ts';

/** Messages of this group are due long before those of any other. */
const EARLY = 1000;

export function mailContract(engine: Engine): void {
  describe('mail to people elsewhere', () => {
    const opened = openedStore(engine);

    async function mailTo(store: Store, homeId: string, more: Partial<NewMail> = {}): Promise<NewMail> {
      const octets = new Uint8Array(Buffer.from('BEGIN:VCALENDAR'));
      const sharedKey = await store.write((tx) => keyOfShared(tx, { digest: 'of-mail', octets }, NOW));
      return {
        ...{ id: newId(), homeId, uid: 'u', instance: '', recipient: 'mailto:Far@example.org', resend: 0 },
        ...{ recipientKey: 'mailto:far@example.org', domain: 'example.org', method: 'REQUEST', sequence: 0 },
        ...{ digest: 'd', state: 'queued', why: 'invited', changes: '[]', told: '{"":"a"}', baseline: undefined },
        ...{ sharedKey, createdAt: EARLY, dueAt: EARLY, ...more },
      };
    }
    const insert = (...mails: readonly NewMail[]): Promise<void> => opened.store.write((tx) => insertMails(tx, mails));
    const taking = { now: EARLY, until: EARLY + 5, limit: 10, exceptDomains: [] };

    test('the ledger has one row for each time that a thing is said', async () => {
      const { owner } = await createHome(opened.store);
      const mail = await mailTo(opened.store, owner.id);
      await insert(mail);
      await expect(insert({ ...mail, id: newId() })).rejects.toThrow();
      const said = { homeId: owner.id, uid: 'u', method: 'REQUEST', instance: '', sequence: 0, digest: 'd' };
      const recipientKeys = ['mailto:far@example.org', 'mailto:other@example.org'];
      expect([...(await timesSaid(opened.store.db, { ...said, recipientKeys }))]).toEqual([
        ['mailto:far@example.org', 1],
      ]);
      await insert({ ...mail, id: newId(), resend: 1 });
      expect((await timesSaid(opened.store.db, { ...said, recipientKeys })).get('mailto:far@example.org')).toBe(2);
      expect((await timesSaid(opened.store.db, { ...said, digest: 'e', recipientKeys })).size).toBe(0);
      expect(await opened.store.write((tx) => insertMailOnce(tx, { ...mail, id: newId(), resend: 5 }))).toBe(false);
      expect(await opened.store.write((tx) => insertMailOnce(tx, { ...mail, id: newId(), digest: 'x' }))).toBe(true);
      await opened.store.write((tx) => tx.deleteFrom('mail_messages').where('home_id', '=', owner.id).execute());
    });

    test('what somebody was told last is of what was not undone or given up; what is held is apart', async () => {
      const { owner } = await createHome(opened.store);
      const uid = fresh('uid');
      const at = async (more: Partial<NewMail>): Promise<NewMail> => mailTo(opened.store, owner.id, { uid, ...more });
      const [first, second, third] = [
        await at({ digest: '1', told: '1' }),
        await at({ digest: '2', told: '2', state: 'held', baseline: '{}' }),
        await at({ digest: '3', told: '3', state: 'held' }),
      ];
      await insert(first, second, third);
      const before = async () =>
        (await mailBefore(opened.store.db, { homeId: owner.id, uid, recipientKeys: [first.recipientKey, 'none'] })).get(
          first.recipientKey,
        );
      expect(await before()).toMatchObject({ told: '1', held: [{ id: second.id, baseline: '{}' }, { id: third.id }] });
      await opened.store.write((tx) => undoMails(tx, [second.id], NOW));
      await opened.store.write((tx) => replaceMails(tx, [third.id]));
      expect(await before()).toMatchObject({ told: '1', held: [] });
      expect((await mailsOf(opened.store.db, { homeId: owner.id, uid })).map(({ state }) => state)).toEqual([
        'queued',
        'undone',
      ]);
      expect(await before()).toMatchObject({ isBehind: false });
      // What was never said can be said for the first time.
      const again = { ...second, id: newId(), state: 'queued' } as const;
      await insert(again);
      const end = { state: 'failed', at: NOW, outcome: '' } as const;
      await opened.store.write((tx) => endMailLease(tx, { id: again.id, leaseUntil: 0 }, end));
      expect(await before()).toMatchObject({ told: '1', isBehind: true });
      await opened.store.write((tx) => endMailLease(tx, { id: first.id, leaseUntil: 0 }, end));
      expect(await before()).toMatchObject({ told: '{}', isBehind: true });
      await opened.store.write((tx) => tx.deleteFrom('mail_messages').where('home_id', '=', owner.id).execute());
    });

    test('messages are taken by one, in their order, offered with the same octets, and ended by who has them', async () => {
      const { owner } = await createHome(opened.store);
      const { store } = opened;
      const first = await mailTo(store, owner.id, { state: 'held' });
      const second = await mailTo(store, owner.id, { digest: 'e' });
      await insert(first, second);
      expect(await nextDue(store.db, EARLY)).toBe(EARLY);
      const [taken, ...more] = await store.write((tx) => takeMails(tx, taking));
      expect(more).toEqual([]);
      expect(taken).toMatchObject({ id: first.id, wasHeld: true, state: 'queued' });
      expect(Buffer.from(taken!.octets).toString()).toBe('BEGIN:VCALENDAR');
      expect(await store.write((tx) => takeMails(tx, taking))).toEqual([]);
      expect(await nextDue(store.db, EARLY)).toBeUndefined();
      const offer = (text: string, leaseUntil = taking.until) =>
        store.write((tx) => markOffered(tx, { id: first.id, leaseUntil }, Buffer.from(text)));
      expect(await offer('none', taking.until - 1)).toBeUndefined();
      expect((await offer('one'))?.isAgain).toBe(false);
      expect((await offer('two'))?.isAgain).toBe(true);
      const later = { ...taking, now: EARLY + 5, until: EARLY + 10 };
      const [again] = await store.write((tx) => takeMails(tx, later));
      expect(again).toMatchObject({ id: first.id, offers: 2, state: 'offered', wasHeld: false });
      expect(Buffer.from(again!.offered!).toString()).toBe('one');
      const end = (leaseUntil: number) =>
        store.write((tx) =>
          endMailLease(tx, { id: first.id, leaseUntil }, { state: 'sent', at: EARLY + 6, outcome: 'ok' }),
        );
      expect(await end(EARLY + 5)).toBe(false);
      expect(await end(EARLY + 10)).toBe(true);
      expect(await end(EARLY + 10)).toBe(false);
      expect([...(await sentSince(store.db, ['example.org', 'example.net'], EARLY))]).toEqual([
        ['example.org', { count: 1, first: EARLY + 6 }],
      ]);
      expect((await store.write((tx) => takeMails(tx, { ...later, exceptDomains: ['example.org'] }))).length).toBe(0);
      const [next] = await store.write((tx) => takeMails(tx, later));
      expect(next?.id).toBe(second.id);
      const wait = { state: 'queued', dueAt: NOW, attempts: 1, outcome: 'later' } as const;
      await store.write((tx) => endMailLease(tx, { id: second.id, leaseUntil: EARLY + 10 }, wait));
      expect(await mailById(store.db, second.id)).toMatchObject({ attempts: 1, due_at: NOW, lease_until: 0 });
      expect(await store.write((tx) => markBounced(tx, first.id, 'no such user'))).toBe(true);
      expect(await store.write((tx) => markBounced(tx, first.id, 'no such user'))).toBe(false);
      await store.write((tx) => tx.deleteFrom('mail_messages').where('home_id', '=', owner.id).execute());
    });

    test('waiting messages are counted, and when messages are due', async () => {
      const { owner } = await createHome(opened.store);
      const { db } = opened.store;
      for (const at of [1, 2, 3])
        await insert(await mailTo(opened.store, owner.id, { digest: `${at}`, dueAt: NOW + at }));
      expect(await countWaiting(db, owner.id, 10)).toBe(3);
      expect(await countWaiting(db, owner.id, 2)).toBe(2);
      expect(await dueTimes(db, { homeId: owner.id, from: 0, count: 2 })).toEqual([NOW + 3, NOW + 2]);
      expect(await dueTimes(db, { homeId: owner.id, from: 2, count: 2 })).toEqual([NOW + 1]);
      await opened.store.write((tx) => tx.deleteFrom('mail_messages').where('home_id', '=', owner.id).execute());
    });

    test('octets stay while a message has them, and messages that ended long ago are forgotten', async () => {
      const { owner } = await createHome(opened.store);
      const { store } = opened;
      const [one, other] = [
        await mailTo(store, owner.id, { digest: '1' }),
        await mailTo(store, owner.id, { digest: '2' }),
      ];
      await insert(one, other);
      await store.write((tx) => forgetSharedOctets(tx, NOW + 1, 100));
      expect((await octetsByKeys(store.db, [one.sharedKey])).size).toBe(1);
      for (const { id } of [one, other]) {
        const [taken] = await store.write((tx) => takeMails(tx, taking));
        expect(taken?.id).toBe(id);
        const lease = { id, leaseUntil: taking.until };
        await store.write((tx) => endMailLease(tx, lease, { state: 'sent', at: EARLY, outcome: 'ok' }));
      }
      await store.write((tx) => forgetSharedOctets(tx, NOW + 1, 100));
      expect((await octetsByKeys(store.db, [one.sharedKey])).size).toBe(0);
      expect(await store.write((tx) => forgetMails(tx, EARLY + 1, 100))).toBe(2);
    });

    test('lines of the recorder are read in their order, by home and UID, and forgotten by age', async () => {
      const { owner } = await createHome(opened.store);
      const { store } = opened;
      const line = (what: string, at: number) => ({
        ...{ homeId: owner.id, uid: 'u', recipient: 'mailto:Far@example.org', recipientKey: 'mailto:far@example.org' },
        ...{ messageId: what === 'opened' ? undefined : 'm', at, what, detail: 'a "word" – more' },
      });
      await store.write((tx) => insertMailEvents(tx, [line('planned', 1), line('sent', 2), line('opened', 3)]));
      const of = { homeId: owner.id, uid: 'u' };
      expect(await mailEventsOf(store.db, { ...of, limit: 2 })).toEqual([line('sent', 2), line('opened', 3)]);
      expect(await hasMailEvent(store.db, { ...of, messageId: 'm', what: ['sent', 'failed'] })).toBe(true);
      expect(await hasMailEvent(store.db, { ...of, messageId: 'm', what: ['failed'] })).toBe(false);
      expect(await store.write((tx) => forgetMailEvents(tx, 3, 100))).toBe(2);
    });
  });
}
