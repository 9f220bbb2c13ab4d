import { basic } from '../test/live-server.ts';
import { CALENDAR_HEADERS, calendarReport, eventsWithin, propfind, syncCollection } from '../test/dav-client.ts';
import type { DavRequest } from '../test/dav-client.ts';
import type { BenchEvent, Interval } from './events.ts';
import { type LoadAnswer, type LoadConnection, openConnection } from './load-connection.ts';

export const LOAD_CALENDAR = 'c';

/** What everybody has at first, and the week that is asked for. */
export interface LoadData {
  readonly port: number;
  readonly password: string;
  readonly events: readonly BenchEvent[];
  readonly week: Interval;
}

export type Kind = 'ctag' | 'sync' | 'get' | 'week' | 'multiget' | 'put new' | 'put change' | 'delete';
export const WRITES: ReadonlySet<Kind> = new Set<Kind>(['put new', 'put change', 'delete']);

/** Every tenth request writes; the others are what clients ask to find out whether anything is new, and then for it. */
const MIX: readonly (Kind | 'write')[] = [
  ...(['ctag', 'sync', 'ctag', 'get', 'sync', 'ctag', 'week', 'sync', 'ctag', 'write'] as const),
  ...(['ctag', 'sync', 'get', 'ctag', 'multiget', 'sync', 'ctag', 'week', 'sync', 'write'] as const),
];
const WRITE_MIX: readonly Kind[] = ['put new', 'put change', 'delete'];

/** How one question went. `shed`: sent away with 503 and Retry-After; `wrong`: why the answer is not right. */
export interface Outcome {
  readonly kind: Kind;
  readonly shed: boolean;
  readonly wrong: string | undefined;
}

interface Held {
  readonly event: BenchEvent;
  readonly version: number;
  readonly etag: string;
}

/** One person with one device: what it knows of the calendar, which nobody else writes to. */
export interface LoadPerson {
  connect(): Promise<void>;
  /** Writes the first events and learns the first sync token; obeys Retry-After. */
  prepare(): Promise<void>;
  /** Asks the next question of the mix. */
  ask(): Promise<Outcome>;
  /** Throws where the calendar is not exactly what was acknowledged. */
  verify(): Promise<void>;
  close(): void;
}

interface Question {
  readonly kind: Kind;
  readonly method: string;
  readonly path: string;
  readonly request: DavRequest;
  /** Remembers what was acknowledged; throws with what is wrong. Not called for 503. */
  check(answer: LoadAnswer): void;
}

export const personId = (at: number): string => `person-${at}`;

function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

function demandStatus(answer: LoadAnswer, status: number): void {
  demand(answer.status === status, `${answer.status} instead of ${status}: ${answer.body.slice(0, 200)}`);
}

const headersOf = ({ headers = {} }: DavRequest): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');

const etagOf = ({ head }: LoadAnswer): string => /^etag: *(\S+)/im.exec(head)?.[1] ?? '';
const retryAfter = ({ head }: LoadAnswer): number => Number(/^retry-after: *(\d+)/im.exec(head)?.[1]);

/** Names of the members that a multistatus speaks of. */
const membersIn = (body: string, path: string): string[] =>
  [...body.matchAll(/<(?:\w+:)?href>([^<]*)<\/(?:\w+:)?href>/g)]
    .map(([, href]) => href!)
    .filter((href) => href.startsWith(path) && href !== path)
    .map((href) => href.slice(path.length));

const textOf = (name: string, body: string): string =>
  new RegExp(`<(?:\\w+:)?${name}[^>]*>([^<]*)<`).exec(body)?.[1] ?? '';

const sorted = (names: Iterable<string>): string => [...names].sort().join(' ');

/** What is stored under a name: every person's and every version's is another. */
const summaryOf = (at: number, name: string, version: number): string => `of ${at} in ${name} version ${version}.`;

export function createPerson(at: number, { port, password, events, week }: LoadData): LoadPerson {
  const path = `/dav/calendars/${personId(at)}/${LOAD_CALENDAR}/`;
  const held = new Map<string, Held>();
  /** What was written since the token. */
  const changed = new Set<string>();
  let token = '';
  let made = 0;
  let turn = 0;
  let connection: LoadConnection | undefined;

  const icsOf = (name: string, event: BenchEvent, version: number): string =>
    event.ics
      .replaceAll(event.uid, `${at}-${name}@bench.example.com`)
      .replaceAll(event.summary, summaryOf(at, name, version));

  const put = (kind: Kind, name: string, event: BenchEvent, before?: Held): Question => {
    const version = (before?.version ?? 0) + 1;
    const condition = before === undefined ? { 'if-none-match': '*' } : { 'if-match': before.etag };
    return {
      kind,
      method: 'PUT',
      path: path + name,
      request: { headers: { ...CALENDAR_HEADERS, ...condition }, body: icsOf(name, event, version) },
      check(answer) {
        demandStatus(answer, before === undefined ? 201 : 204);
        demand(etagOf(answer) !== '', 'no ETag');
        held.set(name, { event, version, etag: etagOf(answer) });
        changed.add(name);
      },
    };
  };
  const putNew = (): Question => {
    made += 1;
    return put('put new', `new-${made}.ics`, events[made % events.length]!);
  };
  const someName = (): string => [...held.keys()][(turn * 7) % Math.max(1, held.size)] ?? '';
  const putChange = (): Question => {
    const name = someName();
    const before = held.get(name);
    return before === undefined ? putNew() : put('put change', name, before.event, before);
  };
  const remove = (): Question => {
    const name = someName();
    const before = held.get(name);
    if (before === undefined) return putNew();
    return {
      kind: 'delete',
      method: 'DELETE',
      path: path + name,
      request: { headers: { 'if-match': before.etag } },
      check(answer) {
        demandStatus(answer, 204);
        held.delete(name);
        changed.add(name);
      },
    };
  };
  const get = (): Question => {
    const name = someName();
    const { event, version, etag } = held.get(name)!;
    return {
      kind: 'get',
      method: 'GET',
      path: path + name,
      request: {},
      check(answer) {
        demandStatus(answer, 200);
        demand(etagOf(answer) === etag, `another ETag of ${name}`);
        demand(answer.body === icsOf(name, event, version), `other octets of ${name}`);
      },
    };
  };
  const ctag = (): Question => ({
    kind: 'ctag',
    method: 'PROPFIND',
    path,
    request: propfind('0', ['CS:getctag', 'sync-token']),
    check(answer) {
      demandStatus(answer, 207);
      demand(textOf('getctag', answer.body) !== '', 'no getctag');
      const now = textOf('sync-token', answer.body);
      demand((now === token) === (changed.size === 0), 'the sync-token does not tell whether anything changed');
    },
  });
  const sync = (): Question => {
    const expected = sorted(changed);
    return {
      kind: 'sync',
      method: 'REPORT',
      path,
      request: syncCollection(token),
      check(answer) {
        demandStatus(answer, 207);
        demand(sorted(membersIn(answer.body, path)) === expected, 'sync does not tell what was written');
        token = textOf('sync-token', answer.body);
        demand(token !== '', 'no sync-token');
        changed.clear();
      },
    };
  };
  const weekQuery = (): Question => ({
    kind: 'week',
    method: 'REPORT',
    path,
    request: calendarReport('calendar-query', `<D:prop><D:getetag/></D:prop>${eventsWithin(week.start, week.end)}`),
    check(answer) {
      demandStatus(answer, 207);
      const names = [...held].filter(([, { event }]) => isWithin(event, week)).map(([name]) => name);
      demand(sorted(membersIn(answer.body, path)) === sorted(names), 'other events in the week');
    },
  });
  const multiget = (): Question => {
    const wanted = [...held].slice(0, 10);
    const hrefs = wanted.map(([name]) => `<D:href>${path}${name}</D:href>`).join('');
    const data = '<D:prop><D:getetag/><C:calendar-data/></D:prop>';
    return {
      kind: 'multiget',
      method: 'REPORT',
      path,
      request: calendarReport('calendar-multiget', data + hrefs),
      check(answer) {
        demandStatus(answer, 207);
        for (const [name, { version }] of wanted) {
          demand(answer.body.includes(`SUMMARY:${summaryOf(at, name, version)}`), `not the last version of ${name}`);
        }
      },
    };
  };
  const QUESTIONS: Readonly<Record<Kind, () => Question>> = {
    ...{ ctag, sync, get, week: weekQuery, multiget },
    ...{ 'put new': putNew, 'put change': putChange, delete: remove },
  };

  async function send({ method, path: to, request }: Question): Promise<LoadAnswer> {
    if (connection?.isOpen() !== true) await connect();
    return connection!.ask(method, to, headersOf(request), String(request.body ?? ''));
  }
  async function connect(): Promise<void> {
    connection?.close();
    connection = await openConnection(
      port,
      `Authorization: ${basic(personId(at), password)}\r\nUser-Agent: load/${at % 5}\r\n`,
    );
  }
  async function untilAnswered(question: Question): Promise<void> {
    for (;;) {
      const answer = await send(question);
      if (answer.status !== 503) return question.check(answer);
      await new Promise((resolve) => setTimeout(resolve, retryAfter(answer) * 1000));
    }
  }

  return {
    connect,
    async prepare() {
      // One on which nothing was asked for half a minute is closed by the server.
      await connect();
      for (const event of events) await untilAnswered(put('put new', event.name, event));
      await untilAnswered(sync());
    },
    async ask() {
      const slot = MIX[(at * 3 + turn) % MIX.length]!;
      turn += 1;
      const kind = slot === 'write' ? WRITE_MIX[(at + Math.floor(turn / MIX.length) + turn) % WRITE_MIX.length]! : slot;
      const needs = held.size === 0 && (kind === 'get' || kind === 'multiget');
      const question = QUESTIONS[needs ? 'ctag' : kind]();
      try {
        const answer = await send(question);
        if (answer.status === 503 && retryAfter(answer) > 0)
          return { kind: question.kind, shed: true, wrong: undefined };
        question.check(answer);
        return { kind: question.kind, shed: false, wrong: undefined };
      } catch (error) {
        return { kind: question.kind, shed: false, wrong: error instanceof Error ? error.message : String(error) };
      }
    },
    async verify() {
      const all: Question = {
        kind: 'ctag',
        method: 'PROPFIND',
        path,
        request: propfind('1', ['getetag']),
        check(answer) {
          demandStatus(answer, 207);
          demand(sorted(membersIn(answer.body, path)) === sorted(held.keys()), `${path}: not what was acknowledged`);
          for (const [name, { etag }] of held) {
            const quoted = etag.replaceAll('"', '&quot;');
            demand(answer.body.includes(etag) || answer.body.includes(quoted), `${path}${name}: another ETag`);
          }
        },
      };
      await untilAnswered(all);
    },
    close: () => connection?.close(),
  };
}

const within = new WeakMap<BenchEvent, boolean>();
/** Counted once: everybody has the same events. */
function isWithin(event: BenchEvent, week: Interval): boolean {
  const known = within.get(event) ?? event.instances(week).length > 0;
  within.set(event, known);
  return known;
}
