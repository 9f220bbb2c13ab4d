import process from 'node:process';
import { applicationOf } from '../application.ts';
import { boundHeap } from '../base/heap.ts';
import { createLog } from '../base/log.ts';
import { createDeviceLog } from '../calendar/device-log.ts';
import { handOn } from '../http/hand-on.ts';
import { createMetrics, type Metrics } from '../http/metrics.ts';
import { createLogIn } from '../log-in.ts';
import { openContext } from '../open-context.ts';
import { listenAsConfigured } from '../public-listener.ts';
import { createChannel, reasonOf, type Channel } from './channel.ts';
import { isForWriter } from './for-writer.ts';
import type { AskedByWorker, AskedOfWorker, Assignment } from './words.ts';

/**
 * A process that answers, beside the one that writes (docs/adr/0029): it reads by itself, hands on what it does not do,
 * and ends with the process that started it.
 */
export async function work(): Promise<void> {
  boundHeap();
  let running: Running | undefined;
  const writer = createChannel<AskedByWorker, AskedOfWorker>(toParent, {
    figures: () => running?.metrics.figures() ?? Promise.resolve([]),
    async close() {
      try {
        await running?.close();
      } finally {
        process.exit(0);
      }
    },
  });
  try {
    const assignment = await writer.ask('assignment');
    running = await start(assignment, writer);
    await writer.ask('listens', running.at);
  } catch (error) {
    await writer.ask('fails', reasonOf(error)).catch(() => undefined);
    process.exit(1);
  }
}

const toParent = {
  // Where the other end is gone, this process ends as well.
  send: (message: object) => void process.send?.(message, undefined, undefined, () => undefined),
  listen: (listener: (message: unknown) => void) => void process.on('message', listener),
};

interface Running {
  readonly at: { readonly port: number; readonly url: string };
  readonly metrics: Metrics;
  close(): Promise<void>;
}

async function start({ number, config, socketPath }: Assignment, writer: Channel<AskedByWorker>): Promise<Running> {
  const log = createLog(config.logLevel, number);
  const context = await openContext(config, { log, joins: true });
  const { store } = context;
  // Nodes on one PostgreSQL write beside each other anyway; SQLite has one writer, who gathers what is written.
  const writes = store.engine === 'postgres';
  const logIn = createLogIn(context, (credentials, address) => writer.ask('verify', { credentials, address }));
  const devices = createDeviceLog(context, { log, record: (batch) => writer.ask('devices', batch) });
  const metrics = createMetrics({ gauges: () => ({ ...store.stats() }) });
  const handing = handOn({ socketPath, isForOther: (req, path) => isForWriter(req, path, writes) });
  let isClosing = false;
  const ready = async (): Promise<void> => {
    if (isClosing || !process.connected) throw new Error('the server closes down');
    // One that reads and cannot hand on a write is not ready to serve.
    await Promise.all([store.ping(), writer.ask('ready')]);
  };
  const parts = { config, context, log, credentials: logIn, devices, metrics, ready };
  const handler = applicationOf({ ...parts, handOn: handing.middleware });
  const { port, url, close } = await listenAsConfigured(config, { handler, limits: context.limits, metrics, log });
  return {
    at: { port, url },
    metrics,
    async close() {
      isClosing = true;
      await close();
      handing.close();
      logIn.close();
      await devices.close();
      await store.close();
    },
  };
}
