import { createLog } from '../../src/base/log.ts';
import type { CalendarContext } from '../../src/calendar/context.ts';
import { loadConfig, type ConfigSources } from '../../src/config.ts';
import { openContext } from '../../src/open-context.ts';
import { startServer } from '../../src/server.ts';
import { davClient, type DavClient } from '../dav-client.ts';

/** The server as `kalends serve` puts it together, in this process, on a free port. */
export interface RunningServer {
  readonly url: string;
  readonly context: CalendarContext;
  /** Where it takes mail, as it says. */
  readonly mail: string | undefined;
  as(user: string, password: string): DavClient;
  close(): Promise<void>;
}

export async function startRunning(flags: NonNullable<ConfigSources['flags']>, env = {}): Promise<RunningServer> {
  const config = loadConfig({ flags: { port: '0', 'log-level': 'silent', ...flags }, env });
  const log = createLog('silent');
  const context = await openContext(config, { log });
  const server = await startServer(config, context, log);
  const clients: DavClient[] = [];
  return {
    url: server.url,
    mail: server.mail,
    context,
    as(user, password) {
      const client = davClient({ url: server.url, user, password });
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.close();
      await server.close();
      await context.store.close();
    },
  };
}
