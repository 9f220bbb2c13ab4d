import { SECOND } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { recordDevices, type DeviceSeen } from '../store/devices.ts';
import type { CalendarContext } from './context.ts';

/** One request of a device (U6). */
export interface Sighting {
  readonly principalId: string;
  readonly credential: string;
  readonly userAgent: string;
  /** UTC milliseconds. */
  readonly at: number;
  readonly synced: boolean;
  readonly error: string | undefined;
}

/** Gathers sightings in memory and writes them some at a time, so that a request costs no write. */
export interface DeviceLog {
  seen(sighting: Sighting): void;
  /** Writes what was gathered. */
  flush(): Promise<void>;
  /** Writes it for the last time and stops the timer. */
  close(): Promise<void>;
}

const FLUSH_EVERY = 30 * SECOND;
/** Devices that are held: a client that invents user agents cannot fill the memory. */
const MOST_DEVICES = 20_000;

export interface DeviceLogOptions {
  readonly log: Log;
  /** Milliseconds between two writes. */
  readonly every?: number;
  /** Where they are written, if not by this process. */
  readonly record?: (batch: readonly DeviceSeen[]) => Promise<void>;
}

/** Devices that are written at once: with thousands of them every request would wait for all. */
const AT_ONCE = 32;

/** Writes what a device log gathered, of this process or another one. Throws the first error when the rest is written. */
export async function writeDevices(
  { store }: Pick<CalendarContext, 'store'>,
  batch: readonly DeviceSeen[],
): Promise<void> {
  const failures: unknown[] = [];
  for (let at = 0; at < batch.length; at += AT_ONCE) {
    const some = batch.slice(at, at + AT_ONCE);
    await store.write((tx) => recordDevices(tx, some)).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

export function createDeviceLog(
  { store }: Pick<CalendarContext, 'store'>,
  { log, every = FLUSH_EVERY, record }: DeviceLogOptions,
): DeviceLog {
  const write = record ?? ((batch) => writeDevices({ store }, batch));
  let held = new Map<string, DeviceSeen>();
  const flush = async (): Promise<void> => {
    if (held.size === 0) return;
    const batch = [...held.values()];
    held = new Map();
    try {
      await write(batch);
    } catch (err) {
      // When a device was last seen is worth no failed request; the next sighting comes soon.
      log.warn({ err }, 'the list of devices could not be written');
    }
  };
  const timer = setInterval(() => void flush(), every);
  timer.unref();
  return {
    seen(sighting) {
      const { principalId, credential, userAgent } = sighting;
      const key = `${principalId}\0${credential}\0${userAgent}`;
      const before = held.get(key);
      if (before === undefined && held.size >= MOST_DEVICES) return;
      held.set(key, merged(before, sighting));
    },
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}

function merged(
  before: DeviceSeen | undefined,
  { principalId, credential, userAgent, at, synced, error }: Sighting,
): DeviceSeen {
  return {
    principalId,
    credential,
    userAgent,
    seenAt: at,
    syncedAt: synced ? at : before?.syncedAt,
    error: error === undefined ? before?.error : { message: error, at },
  };
}
