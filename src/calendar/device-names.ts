import { deviceIdOf } from '../auth/actor.ts';
import { listDevices } from '../store/devices.ts';
import type { Author } from './author.ts';
import type { CalendarContext } from './context.ts';

/** Says what the programs of devices call themselves; each person's are read once. */
export interface DeviceNames {
  /** undefined: it was forgotten, or never seen. */
  of(device: Pick<Author, 'principalId' | 'deviceId'>): Promise<string | undefined>;
}

export function createDeviceNames({ store }: CalendarContext): DeviceNames {
  const known = new Map<string, Promise<ReadonlyMap<string, string>>>();
  const namesOf = async (principalId: string): Promise<ReadonlyMap<string, string>> => {
    const devices = await listDevices(store.db, principalId);
    return new Map(devices.map((each) => [deviceIdOf(principalId, each.credential, each.userAgent), each.userAgent]));
  };
  return {
    async of({ principalId, deviceId }) {
      if (principalId === undefined || deviceId === undefined) return undefined;
      const names = known.get(principalId) ?? namesOf(principalId);
      known.set(principalId, names);
      return (await names).get(deviceId);
    },
  };
}
