import { request } from 'node:http';
import type { Agent, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { defaultLimits } from '../../src/base/limits.ts';
import type { Limits } from '../../src/base/limits.ts';
import type { Log } from '../../src/base/log.ts';
import { asPrincipalId } from '../../src/base/ids.ts';
import { createApp } from '../../src/http/app.ts';
import type { AppOptions } from '../../src/http/app.ts';
import { listen } from '../../src/http/listen.ts';
import type { Listener } from '../../src/http/listen.ts';

export interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that keeps its lines. */
export function recordingLog(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = [];
  const write =
    (level: string) =>
    (first: unknown): void => {
      lines.push({ level, fields: typeof first === 'object' ? { ...first } : { message: first } });
    };
  const log = Object.fromEntries(['debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, write(level)]));
  return { log: log as unknown as Log, lines }; // five of pino's methods, all that Log has
}

export interface Running {
  readonly listener: Listener;
  readonly port: number;
  readonly lines: readonly Line[];
}

/** The application on a free port of loopback, with doors given and everyone logged in as alice. */
export async function run(
  options: Partial<Omit<AppOptions, 'limits'>> & { readonly limits?: Partial<Limits> } = {},
): Promise<Running> {
  const { log, lines } = recordingLog();
  const limits = { ...defaultLimits(), ...options.limits };
  const app = createApp({
    authenticate: (ctx, next) => {
      ctx.state.actor = { id: asPrincipalId('alice'), admin: false, adminReadOnly: false, deviceId: 'd' };
      return next();
    },
    mount: [],
    publicUrl: undefined,
    trustProxy: false,
    metrics: { observe: () => undefined },
    ...options,
    limits,
    log: options.log ?? log,
  });
  const listener = await listen({ handler: app.callback(), host: '127.0.0.1', port: 0, limits, log });
  return { listener, port: listener.port, lines };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  readonly agent?: Agent;
}

/** One request; rejects where the answer does not come whole. */
export function ask(
  port: number,
  { method = 'GET', path = '/', headers = {}, body, agent }: Ask = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: agent ?? false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.once('error', reject);
      res.once('end', () =>
        resolve({ status: res.statusCode ?? 0, headers: res.headers, text: Buffer.concat(chunks).toString() }),
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
