import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createSecureContext } from 'node:tls';
import { SECOND } from '../base/clock.ts';
import { boundHeap } from '../base/heap.ts';
import { createLog, type Log } from '../base/log.ts';
import type { CalendarContext } from '../calendar/context.ts';
import { unknownVariables, type Config } from '../config.ts';
import { KEYS } from '../config/keys.ts';
import { ensureAdministrator } from '../first-start.ts';
import { defaultCalendars, openContext } from '../open-context.ts';
import { startServer, type Server } from '../server.ts';
import { CommandFailure, type Call, type Command } from './command.ts';
import { setUpText } from './set-up-text.ts';

const DEFAULT_DATA = KEYS.data.default;

export const serve: Command = {
  arguments: '',
  positionals: [0, 0],
  configures: true,
  options: {
    port: { value: 'N', doc: 'TCP port, 0 for a free one (8080)' },
    host: { value: 'H', doc: 'address to listen on (127.0.0.1)' },
    'public-url': { value: 'URL', doc: 'address under which people reach the server: links are built from it' },
    'tls-cert': { value: 'FILE', doc: 'certificate chain in PEM; read again when it changes' },
    'tls-key': { value: 'FILE', doc: 'private key in PEM; read again when it changes' },
    'trust-proxy': { doc: 'believe X-Forwarded-For and the like of the proxy in front' },
    workers: { value: 'N', doc: 'processes that answer (1); from two on, one beside them writes' },
    timezone: { value: 'ZONE', doc: 'time zone of people who have none of their own (UTC)' },
    'log-level': { value: 'LEVEL', doc: 'fatal, error, warn, info, debug or silent (info)' },
  },
  notes: 'SIGTERM and SIGINT finish the requests under way; a second one stops at once.',
  async run(call) {
    const { config, io } = call;
    boundHeap();
    const log = createLog(config.logLevel);
    const unknown = unknownVariables(io.env);
    if (unknown.length > 0) io.stderr.write(`kalends: no such configuration: ${unknown.join(', ')}\n`);
    // Before anything else, so that a signal during the start is not lost.
    const signals = watchSignals(log);
    checkCertificate(config);
    const context = await openContext(config, { log });
    try {
      const server = await startProcesses(config, context, log);
      try {
        // After the port is ours: the password of an administrator made for a start that failed would be lost.
        const administrator = await ensureAdministrator(context, defaultCalendars(config));
        announce(call, server, administrator);
        if (config.mail.host === undefined) log.info(NO_MAIL);
        await signals.first;
      } finally {
        await server.close();
      }
    } finally {
      await context.store.close();
      signals.ignore();
    }
    // Nothing should be left that keeps the process alive; what is left must not.
    setTimeout(() => process.exit(0), 2 * SECOND).unref();
    return 0;
  },
};

/** What starts more processes than this one is loaded where it is needed. */
async function startProcesses(config: Config, context: CalendarContext, log: Log): Promise<Server> {
  if (config.workers === 1) return startServer(config, context, log);
  const { startServerOfMany } = await import('../workers/start.ts');
  return startServerOfMany(config, context, log);
}

const NO_MAIL =
  'no mail is sent: mail.host is not set, and people who have no calendar here are told nothing of meetings';

/** Told before the database is opened, and by the names of the files: OpenSSL's words name neither. */
function checkCertificate({ tlsCert, tlsKey }: Config): void {
  if (tlsCert === undefined || tlsKey === undefined) return;
  const [cert, key] = [readFileSync(tlsCert), readFileSync(tlsKey)];
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(`${tlsCert} and ${tlsKey} are no certificate with its key in PEM: ${reason}`, { cause });
  }
}

function announce(
  { config, io }: Call,
  server: Server,
  administrator: Awaited<ReturnType<typeof ensureAdministrator>>,
): void {
  const address = config.publicUrl === undefined ? server.url : `${config.publicUrl}/`;
  if (administrator !== undefined)
    io.stdout.write(setUpText({ address, administrator, config, kalends: calledAs(io.env, config) }));
  if (server.mail !== undefined) io.stdout.write(`taking mail by ${server.mail}\n`);
  io.stdout.write(`listening on ${server.url}\n`);
}

/** What a person types for other verbs on this database: in a clone there is no `kalends` on the PATH. */
function calledAs(env: Call['io']['env'], { data }: Config): (verb: string) => string {
  const isByNpm = env.npm_lifecycle_event === 'start' || env.npm_lifecycle_event === 'kalends';
  const where = data === DEFAULT_DATA ? '' : ` --data ${data}`;
  return (verb) => `${isByNpm ? 'npm run -s kalends --' : 'kalends'} ${verb}${where}`;
}

/** npm and the terminal both hand on one Ctrl-C: what comes at once is the same signal. */
const SAME_SIGNAL = 500;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

interface Signals {
  /** Resolves with the first signal; a second one ends the process. */
  readonly first: Promise<void>;
  ignore(): void;
}

function watchSignals(log: Log): Signals {
  const { promise: first, resolve } = Promise.withResolvers<void>();
  let since: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (since === undefined) {
      since = performance.now();
      log.info({ signal }, 'closing down: requests under way are finished');
      resolve();
    } else if (performance.now() - since > SAME_SIGNAL) {
      log.warn({ signal }, 'stopped at once');
      process.exit(1);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    first,
    ignore() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
