import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { timezones } from '../src/api/timezones/serve.ts';
import { createHub } from '../src/base/hub.ts';
import { asPrincipalId } from '../src/base/ids.ts';
import { defaultLimits, type Limits } from '../src/base/limits.ts';
import type { CalendarContext, CalendarSettings, MailSettings } from '../src/calendar/context.ts';
import { ensureHome } from '../src/calendar/create-home.ts';
import { davMiddleware } from '../src/dav/serve.ts';
import { wellKnown } from '../src/dav/well-known.ts';
import { openStore, type Store } from '../src/store/store.ts';
import { savePrincipal } from '../src/store/principals.ts';
import { createApp } from '../src/http/app.ts';
import { createPasswords } from '../src/auth/passwords.ts';
import { answerPage } from '../src/web/answer-page/answer-door.ts';
import { freeBusyUrl } from '../src/web/free-busy-url.ts';
import { links } from '../src/web/link-door.ts';
import { davClient, type Answer, type DavRequest } from './dav-client.ts';

/** A DAV door on a database of its own, without passwords: the log-in name alone decides who asks. */
export interface DavServer {
  readonly url: string;
  readonly context: CalendarContext;
  /** The clock of the server: UTC milliseconds; a test moves it. */
  readonly time: { now: number };
  request(method: string, path: string, options?: DavRequest & { readonly as?: string }): Promise<Answer>;
  close(): Promise<void>;
}

export interface DavServerOptions {
  readonly users?: readonly string[];
  readonly admins?: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly settings?: Partial<CalendarSettings>;
  /** Origin under which people reach it; by default not known. */
  readonly publicUrl?: string;
  /** Opens the database; by default one in memory. */
  readonly open?: (services: Parameters<typeof openStore>[1]) => Promise<Store>;
}

const silent = () => undefined;
export const SILENT_LOG = { debug: silent, info: silent, warn: silent, error: silent, fatal: silent };
/** The instant at which the tests' servers start: 2026-03-02T08:00:00Z. */
export const START = Date.UTC(2026, 2, 2, 8);

/** Mail is queued, to be sent at once; nobody sends it. */
export const MAIL: MailSettings = {
  policy: {
    from: 'calendar@example.com',
    bounce: 'calendar@example.com',
    domains: ['example.com'],
    organizer: 'auto',
    dkim: undefined,
  },
  reply: undefined,
  language: 'en',
  hold: 0,
  publicUrl: undefined,
};

/** What they are set to, unless a test says otherwise. */
export const SETTINGS: CalendarSettings = {
  timezone: 'UTC',
  freeBusyForAll: true,
  files: false,
  directory: 'all',
  indexPastDays: 366,
  indexFutureDays: 366,
  mail: MAIL,
};

/** Starts it on a free port, with a home for each user: `calendar` for events and journals, `tasks` for tasks. */
export async function startDavServer({
  users = ['alice', 'bob'],
  admins = [],
  limits = {},
  settings = {},
  publicUrl,
  open = (services) => openStore({ sqlite: ':memory:' }, services),
}: DavServerOptions = {}): Promise<DavServer> {
  const time = { now: START };
  const clock = (): number => time.now;
  const store = await open({ clock, log: SILENT_LOG });
  const context: CalendarContext = {
    store,
    clock,
    hub: createHub(),
    limits: { ...defaultLimits(), ...limits },
    settings: { ...SETTINGS, ...settings },
  };
  await store.write(async (tx) => {
    for (const id of [...users, ...admins]) {
      const spec = { id: asPrincipalId(id), kind: 'user' as const, name: id, emails: [`${id}@example.com`] };
      const { principal } = await savePrincipal(tx, { ...spec, admin: admins.includes(id) }, time.now);
      const calendars = [
        { uri: 'calendar', name: 'Calendar', components: ['VEVENT', 'VJOURNAL', 'VFREEBUSY'] },
        { uri: 'tasks', name: 'Tasks', components: ['VTODO'] },
      ];
      await ensureHome(tx, principal, calendars, time.now);
    }
  });
  const server = await listen(context, admins, publicUrl);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const clients = new Map([...users, ...admins].map((user) => [user, davClient({ url, user, password: 'secret' })]));
  return {
    url,
    context,
    time,
    request(method, path, { as = 'alice', ...options } = {}) {
      const client = clients.get(as);
      if (client === undefined) throw new Error(`no user ${as}`);
      return client.request(method, path, options);
    },
    async close() {
      for (const client of clients.values()) client.close();
      server.closeAllConnections();
      server.close();
      await store.close();
    },
  };
}

async function listen(context: CalendarContext, admins: readonly string[], publicUrl?: string): Promise<Server> {
  const app = createApp({
    open: [timezones, wellKnown, links(context, createPasswords({ concurrent: 1 })), answerPage(context)],
    authenticate: (ctx, next) => {
      const [id = ''] = Buffer.from(ctx.get('authorization').slice(6), 'base64').toString().split(':');
      ctx.state.actor = {
        id: asPrincipalId(id),
        admin: admins.includes(id),
        adminReadOnly: false,
        deviceId: undefined,
      };
      return next();
    },
    mount: [freeBusyUrl(context), davMiddleware({ calendar: context, publicUrl })],
    log: SILENT_LOG,
    limits: context.limits,
    publicUrl,
    trustProxy: false,
    metrics: { observe: silent },
  });
  const server = createServer(app.callback());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** An iCalendar object with one component; lines are joined with CRLF. */
export function ics(...lines: readonly string[]): string {
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');
}

/** A VEVENT with what every event needs; further lines are added. */
export function event(uid: string, ...lines: readonly string[]): string {
  const times = lines.some((line) => line.startsWith('DTSTART')) ? [] : ['DTSTART:20260302T090000Z', 'DURATION:PT1H'];
  return ics('BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20260301T000000Z', ...times, ...lines, 'END:VEVENT');
}

export const CALENDAR_TYPE = { 'content-type': 'text/calendar; charset=utf-8' };
export const XML = { 'content-type': 'application/xml; charset=utf-8' };
