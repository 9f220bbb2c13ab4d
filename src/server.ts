import { timezones } from './api/timezones/serve.ts';
import { createPasswords } from './auth/passwords.ts';
import { createVerifiedCredentials, type Account } from './auth/verified-credentials.ts';
import { DAY } from './base/clock.ts';
import type { Log } from './base/log.ts';
import { VERSION } from './base/version.ts';
import type { CalendarContext } from './calendar/context.ts';
import { createDeviceLog } from './calendar/device-log.ts';
import type { Config } from './config.ts';
import { davMiddleware } from './dav/serve.ts';
import { wellKnown } from './dav/well-known.ts';
import { createApp } from './http/app.ts';
import { authenticate } from './http/authenticate.ts';
import { health } from './http/health.ts';
import { listen } from './http/listen.ts';
import { createMetrics } from './http/metrics.ts';
import { JOBS } from './jobs/handlers/index.ts';
import { startWorker } from './jobs/worker.ts';
import { smtpServerOf } from './mail-settings.ts';
import { startMailSources } from './mail-sources.ts';
import { createTransport } from './mail/transport.ts';
import { createFetch } from './net/fetch.ts';
import { credentialsByLogin } from './store/principals.ts';
import { answerPage } from './web/answer-page/answer-door.ts';
import { freeBusyUrl } from './web/free-busy-url.ts';
import { links } from './web/link-door.ts';

export interface Server {
  readonly port: number;
  /** `http://HOST:PORT/` as it listens. */
  readonly url: string;
  /** Where it takes mail, for a person to read; undefined: nowhere. */
  readonly mail: string | undefined;
  /** Finishes the requests under way. The context's store stays open: it belongs to the caller. */
  close(): Promise<void>;
}

/** Milliseconds: a look takes the locks of the database. Nobody can tell so little from the other order. */
const LOOK_EVERY = 2;

/** Puts the rooms together and listens. */
export async function startServer(config: Config, context: CalendarContext, log: Log): Promise<Server> {
  const { store, clock, limits } = context;
  const passwords = createPasswords({ concurrent: limits.concurrentLogins });
  const credentials = createVerifiedCredentials({ lookup: (login) => accountOf(context, login), passwords, clock });
  // Another process may have set a password or removed a person: what is known is looked up before it counts again.
  const stopListening = store.onForeignWrite(() => credentials.recheck());
  // What was set beside this process a moment ago counts for this request already.
  let looked = -Infinity;
  const verify: typeof credentials.verify = (given, address) => {
    const now = performance.now();
    if (now - looked > LOOK_EVERY) {
      store.look();
      looked = now;
    }
    return credentials.verify(given, address);
  };
  const devices = createDeviceLog(context, { log });
  const metrics = createMetrics({ token: config.metricsToken, gauges: () => ({ ...store.stats() }) });
  let isClosing = false;
  const ready = async (): Promise<void> => {
    if (isClosing) throw new Error('the server closes down');
    await store.ping();
  };
  const app = createApp({
    open: [
      health(ready),
      metrics.middleware,
      timezones,
      wellKnown,
      links(context, createPasswords({ concurrent: 1 })),
      answerPage(context),
    ],
    authenticate: authenticate({ credentials: { verify }, devices, clock }),
    mount: [freeBusyUrl(context), davMiddleware({ calendar: context, publicUrl: config.publicUrl })],
    log,
    limits,
    publicUrl: config.publicUrl,
    trustProxy: config.trustProxy,
    metrics,
  });
  const { host, port, tlsCert, tlsKey } = config;
  const tls = tlsCert === undefined || tlsKey === undefined ? undefined : { certFile: tlsCert, keyFile: tlsKey };
  const listener = await listen({ handler: app.callback(), host, port, tls, limits, log });
  const mail = await startMailSources(config, context, log).catch(async (err: unknown) => {
    await listener.close();
    stopListening();
    throw err;
  });
  const fetch = createFetch({ allow: config.net.allow, userAgent: `Kalends/${VERSION}` });
  const smtp = smtpServerOf(config);
  const transport = smtp === undefined ? undefined : createTransport(smtp);
  const worker = startWorker(
    { calendar: context, log, retention: config.retentionDays * DAY, fetch, transport, random: Math.random },
    { jobs: JOBS },
  );
  return {
    port: listener.port,
    url: listener.url,
    mail: mail.listening,
    async close() {
      isClosing = true;
      await Promise.all([listener.close(), mail.close()]);
      stopListening();
      await worker.close();
      transport?.close();
      await devices.close();
    },
  };
}

async function accountOf({ store }: CalendarContext, login: string): Promise<Account | undefined> {
  const found = await credentialsByLogin(store.db, login);
  if (found === undefined) return undefined;
  const { id, admin, adminReadOnly, version } = found.principal;
  return { principalId: id, passwordHash: found.passwordHash, admin, adminReadOnly, version };
}
