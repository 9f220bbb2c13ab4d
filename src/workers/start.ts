import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { applicationOf } from '../application.ts';
import { startBackground } from '../background.ts';
import type { Log } from '../base/log.ts';
import { createDeviceLog, writeDevices } from '../calendar/device-log.ts';
import type { CalendarContext } from '../calendar/context.ts';
import type { Config } from '../config.ts';
import { listenInside } from '../http/listen-inside.ts';
import { createMetrics } from '../http/metrics.ts';
import { createShedCounter } from '../http/shed-metrics.ts';
import { createLogIn } from '../log-in.ts';
import type { Server } from '../server.ts';
import { startCrew, type Crew } from './crew.ts';

/**
 * The server in several processes (docs/adr/0029): this one writes, checks passwords and does what the clock and mail
 * set off; `config.workers` others take the connections and answer what only reads.
 */
export async function startServerOfMany(config: Config, context: CalendarContext, log: Log): Promise<Server> {
  const { store, limits } = context;
  const logIn = createLogIn(context);
  const devices = createDeviceLog(context, { log });
  let crew: Crew | undefined;
  const metrics = createMetrics({
    token: config.metricsToken,
    gauges: () => ({ ...store.stats() }),
    others: async () => (await crew?.figures()) ?? [],
  });
  const handler = applicationOf({
    config,
    context,
    log,
    credentials: logIn,
    devices,
    metrics,
    ready: () => store.ping(),
    inner: true,
  });
  const place = privatePlace();
  const socketPath = join(place.folder, 'writer.sock');
  const inner = await listenInside({
    handler,
    path: socketPath,
    limits,
    log,
    onShed: createShedCounter(metrics.registry),
  });
  async function leave(): Promise<void> {
    await crew?.close();
    await inner.close();
    place.leave();
    logIn.close();
  }
  try {
    crew = await startCrew({
      config,
      socketPath,
      log,
      answers: {
        verify: async ({ credentials, address }) => (await logIn.verify(credentials, address)) !== undefined,
        devices: (batch) => writeDevices(context, batch),
        ready: () => store.ping(),
      },
    });
    const background = await startBackground(config, context, log);
    return {
      port: crew.port,
      url: crew.url,
      mail: background.mail,
      async close() {
        await Promise.all([leave(), background.closeMail()]);
        await background.close();
        await devices.close();
      },
    };
  } catch (error) {
    await leave();
    throw error;
  }
}

/** A folder that only this user may open, for the socket. */
function privatePlace(): { readonly folder: string; leave(): void } {
  const folder = mkdtempSync(join(tmpdir(), `kalends-writer-${process.pid}-`));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    folder,
    leave() {
      process.off('exit', remove);
      remove();
    },
  };
}
