import { describe, expect, test } from 'vitest';

import {
  changedGroups,
  forgetChangedGroup,
  meetingsOfGroups,
  noteGroupMeeting,
  type GroupMeeting,
} from '../../src/store/group-meetings.ts';
import { removePrincipal, setMembers } from '../../src/store/principals.ts';
import { createGroup, createHome, createUser, fresh, NOW, openedStore, put, type Engine } from './store-engine.ts';

export function groupMeetingsContract(engine: Engine): void {
  describe('meetings of groups', () => {
    const opened = openedStore(engine);

    const group = (...members: readonly string[]) => createGroup(opened.store, members);

    /** A meeting that ends at an instant, never where it is undefined. */
    async function meeting(groups: readonly string[], lastAt: number | undefined): Promise<GroupMeeting> {
      const { owner, calendar } = await createHome(opened.store);
      const found = { homeId: owner.id, uid: fresh('uid') };
      await opened.store.write(async (tx) => {
        await put(tx, calendar, { uid: found.uid, scheduleTag: 'tag', lastAt });
        await noteGroupMeeting(tx, found, groups);
      });
      return found;
    }

    const meetings = (groups: readonly string[], now = NOW): Promise<readonly GroupMeeting[]> =>
      opened.store.write((tx) => meetingsOfGroups(tx, groups, { now, limit: 10 }));

    const changed = async (id: string) =>
      (await changedGroups(opened.store.db)).filter(({ groupId }) => groupId === id).map(({ version }) => version);

    test('are found by any of their groups, once each, as long as they are not over', async () => {
      const [one, other] = [await group(), await group()];
      const found = [await meeting([one, other], NOW + 1), await meeting([one], undefined)];
      await meeting([one], NOW);
      await meeting([await group()], undefined);
      const byHome = (all: readonly GroupMeeting[]) => all.toSorted((a, b) => (a.homeId < b.homeId ? -1 : 1));
      expect(byHome(await meetings([one, other]))).toEqual(byHome(found));
      expect(await meetings([other])).toEqual([found[0]]);
      expect(await meetings([other], NOW + 1)).toEqual([]);
    });

    test('are read page by page', async () => {
      const one = await group();
      const all = [await meeting([one], undefined), await meeting([one], undefined), await meeting([one], undefined)];
      const read: GroupMeeting[] = [];
      for (let after: GroupMeeting | undefined; ;) {
        const page = await opened.store.write((tx) => meetingsOfGroups(tx, [one], { now: NOW, after, limit: 1 }));
        read.push(...page);
        after = page.at(-1);
        if (after === undefined) break;
      }
      expect(read.map(({ uid }) => uid).toSorted()).toEqual(all.map(({ uid }) => uid).toSorted());
    });

    test('invite those groups that were noted last, and none that is gone', async () => {
      const [one, other] = [await group(), await group()];
      const found = await meeting([one], undefined);
      await opened.store.write((tx) => noteGroupMeeting(tx, found, [other, other]));
      expect([await meetings([one]), await meetings([other])]).toEqual([[], [found]]);
      await opened.store.write((tx) => removePrincipal(tx, other, NOW));
      expect(await meetings([other])).toEqual([]);
    });

    test('have to follow each change of members, also one that comes while they do', async () => {
      const [ann, ben] = [await createUser(opened.store), await createUser(opened.store)];
      const id = await group(ann.id);
      expect(await changed(id)).toEqual([1]);
      await opened.store.write((tx) => setMembers(tx, id, [ann.id], NOW));
      expect(await changed(id)).toEqual([1]);
      await opened.store.write((tx) => setMembers(tx, id, [ann.id, ben.id], NOW));
      await opened.store.write((tx) => forgetChangedGroup(tx, { groupId: id, version: 1 }));
      expect(await changed(id)).toEqual([2]);
      await opened.store.write((tx) => forgetChangedGroup(tx, { groupId: id, version: 2 }));
      expect(await changed(id)).toEqual([]);
      await opened.store.write((tx) => removePrincipal(tx, ben.id, NOW));
      expect(await changed(id)).toEqual([1]);
    });
  });
}
