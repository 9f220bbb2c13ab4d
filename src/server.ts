import type { Log } from './base/log.ts';
import { applicationOf } from './application.ts';
import { startBackground } from './background.ts';
import type { CalendarContext } from './calendar/context.ts';
import { createDeviceLog } from './calendar/device-log.ts';
import type { Config } from './config.ts';
import { createMetrics } from './http/metrics.ts';
import { createLogIn } from './log-in.ts';
import { listenAsConfigured } from './public-listener.ts';

export interface Server {
  readonly port: number;
  /** `http://HOST:PORT/` as it listens. */
  readonly url: string;
  /** Where it takes mail, for a person to read; undefined: nowhere. */
  readonly mail: string | undefined;
  /** Finishes the requests under way. The context's store stays open: it belongs to the caller. */
  close(): Promise<void>;
}

/** Puts the rooms together and listens, all in this process. */
export async function startServer(config: Config, context: CalendarContext, log: Log): Promise<Server> {
  const { store, limits } = context;
  const logIn = createLogIn(context);
  const devices = createDeviceLog(context, { log });
  const metrics = createMetrics({ token: config.metricsToken, gauges: () => ({ ...store.stats() }) });
  let isClosing = false;
  const ready = async (): Promise<void> => {
    if (isClosing) throw new Error('the server closes down');
    await store.ping();
  };
  const handler = applicationOf({ config, context, log, credentials: logIn, devices, metrics, ready });
  const listener = await listenAsConfigured(config, { handler, limits, metrics, log });
  const background = await startBackground(config, context, log).catch(async (err: unknown) => {
    await listener.close();
    logIn.close();
    throw err;
  });
  return {
    port: listener.port,
    url: listener.url,
    mail: background.mail,
    async close() {
      isClosing = true;
      await Promise.all([listener.close(), background.closeMail()]);
      logIn.close();
      await background.close();
      await devices.close();
    },
  };
}
