import { describe, expect, test } from 'vitest';

import {
  copyDeadProperties,
  deadProperties,
  deadPropertiesOf,
  removeAllDeadProperties,
  removeDeadProperty,
  setDeadProperty,
} from '../../src/store/dead-properties.ts';
import { listDevices, recordDevices } from '../../src/store/devices.ts';
import { createUser, fresh, NOW, openedStore, type Engine } from './store-engine.ts';

export function resourcesContract(engine: Engine): void {
  describe('dead properties', () => {
    const opened = openedStore(engine);
    const xml = (text: string): string => `<x:p xmlns:x="urn:x">${text}</x:p>`;

    test('they are set, replaced and removed one by one', async () => {
      const id = fresh('resource');
      await opened.store.write(async (tx) => {
        await setDeadProperty(tx, 'home', id, '{urn:x}b', xml('1'));
        await setDeadProperty(tx, 'home', id, '{urn:x}a', xml('2'));
        await setDeadProperty(tx, 'home', id, '{urn:x}b', xml('3'));
        await setDeadProperty(tx, 'home', id, '{urn:x}c', xml('4'));
        await removeDeadProperty(tx, id, '{urn:x}c');
        await removeDeadProperty(tx, id, '{urn:x}never');
      });
      expect([...(await deadProperties(opened.store.db, id))]).toEqual([
        ['{urn:x}a', xml('2')],
        ['{urn:x}b', xml('3')],
      ]);
    });

    test('those of many resources are read at once', async () => {
      const [a, b, none] = [fresh('resource'), fresh('resource'), fresh('resource')];
      await opened.store.write(async (tx) => {
        await setDeadProperty(tx, 'home', a, '{urn:x}a', xml('a'));
        await setDeadProperty(tx, 'home', b, '{urn:x}b', xml('b'));
      });
      const found = await deadPropertiesOf(opened.store.db, [a, b, none]);
      expect(found).toEqual(
        new Map([
          [a, new Map([['{urn:x}a', xml('a')]])],
          [b, new Map([['{urn:x}b', xml('b')]])],
        ]),
      );
      expect(await deadPropertiesOf(opened.store.db, [])).toEqual(new Map());
    });

    test('a copy has those of its source and no others', async () => {
      const [from, to] = [fresh('resource'), fresh('resource')];
      await opened.store.write(async (tx) => {
        await setDeadProperty(tx, 'home', from, '{urn:x}a', xml('a'));
        await setDeadProperty(tx, 'home', to, '{urn:x}old', xml('old'));
        await copyDeadProperties(tx, from, to, 'other home');
      });
      expect([...(await deadProperties(opened.store.db, to)).keys()]).toEqual(['{urn:x}a']);
      await opened.store.write((tx) => removeAllDeadProperties(tx, to));
      expect(await deadProperties(opened.store.db, to)).toEqual(new Map());
      expect((await deadProperties(opened.store.db, from)).size).toBe(1);
    });
  });

  describe('devices', () => {
    const opened = openedStore(engine);

    test('uses of one credential by one user agent are one device, with its latest news', async () => {
      const { id: principalId } = await createUser(opened.store);
      const phone = { principalId, credential: 'password', userAgent: 'iOS/18' };
      await opened.store.write((tx) =>
        recordDevices(tx, [
          { ...phone, seenAt: NOW },
          { ...phone, seenAt: NOW + 20, syncedAt: NOW + 20 },
          { ...phone, seenAt: NOW + 10, error: { message: '403 valid-calendar-data', at: NOW + 10 } },
          { ...phone, userAgent: 'Thunderbird', seenAt: NOW + 5 },
        ]),
      );
      await opened.store.write((tx) => recordDevices(tx, [{ ...phone, seenAt: NOW + 30 }]));
      const devices = await listDevices(opened.store.db, principalId);
      expect(devices).toEqual([
        {
          id: expect.any(String),
          ...phone,
          firstSeen: NOW,
          lastSeen: NOW + 30,
          lastSync: NOW + 20,
          lastError: '403 valid-calendar-data',
          lastErrorAt: NOW + 10,
        },
        expect.objectContaining({ userAgent: 'Thunderbird', lastSync: undefined, lastError: undefined }),
      ]);
    });

    test('of a program that always calls itself something else, the newest are kept', async () => {
      const { id: principalId } = await createUser(opened.store);
      const seen = Array.from({ length: 205 }, (_, at) => ({
        principalId,
        credential: 'password',
        userAgent: `program ${at}`,
        seenAt: NOW + at,
      }));
      await opened.store.write((tx) => recordDevices(tx, seen));
      const devices = await listDevices(opened.store.db, principalId);
      expect([devices.length, devices[0]?.userAgent, devices.at(-1)?.userAgent]).toEqual([
        200,
        'program 204',
        'program 5',
      ]);
    });

    test('somebody who is gone is skipped, and what a client says of itself is cut', async () => {
      const { id: principalId } = await createUser(opened.store);
      const longWinded = { principalId, credential: 'password', userAgent: 'x'.repeat(5000), seenAt: NOW };
      await opened.store.write((tx) =>
        recordDevices(tx, [{ ...longWinded, principalId: 'gone' }, longWinded, { ...longWinded, seenAt: NOW + 1 }]),
      );
      await opened.store.write((tx) => recordDevices(tx, []));
      const devices = await listDevices(opened.store.db, principalId);
      expect(devices.map(({ userAgent, lastSeen }) => [userAgent.length, lastSeen])).toEqual([[512, NOW + 1]]);
      expect(await listDevices(opened.store.db, 'gone')).toEqual([]);
    });
  });
}
