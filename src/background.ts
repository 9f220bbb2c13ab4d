import { DAY } from './base/clock.ts';
import type { Log } from './base/log.ts';
import { VERSION } from './base/version.ts';
import type { CalendarContext } from './calendar/context.ts';
import { noteNothingStored } from './calendar/recheck-objects.ts';
import type { Config } from './config.ts';
import { JOBS } from './jobs/handlers/index.ts';
import { startWorker } from './jobs/worker.ts';
import { smtpServerOf } from './mail-settings.ts';
import { startMailSources } from './mail-sources.ts';
import { createTransport } from './mail/transport.ts';
import { createFetch } from './net/fetch.ts';

/** What happens without a request of a client. */
export interface Background {
  /** Where mail is taken, for a person to read; undefined: nowhere. */
  readonly mail: string | undefined;
  /** Takes no mail any more. */
  closeMail(): Promise<void>;
  /** Ends the jobs. */
  close(): Promise<void>;
}

/** Takes mail and starts the jobs: once in a server. Rejects where the port for mail is taken. */
export async function startBackground(config: Config, context: CalendarContext, log: Log): Promise<Background> {
  await noteNothingStored(context);
  const mail = await startMailSources(config, context, log);
  const fetch = createFetch({ allow: config.net.allow, userAgent: `Kalends/${VERSION}` });
  const smtp = smtpServerOf(config);
  const transport = smtp === undefined ? undefined : createTransport(smtp);
  const jobs = startWorker(
    { calendar: context, log, retention: config.retentionDays * DAY, fetch, transport, random: Math.random },
    { jobs: JOBS },
  );
  return {
    mail: mail.listening,
    closeMail: () => mail.close(),
    async close() {
      await jobs.close();
      transport?.close();
    },
  };
}
