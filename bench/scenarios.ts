import { DateTime } from 'luxon';
import {
  calendarReport,
  CALENDAR_HEADERS,
  eventsWithin,
  multistatus,
  propfind,
  syncCollection,
  utcStamp,
} from '../test/dav-client.ts';
import type { Answer, DavClient } from '../test/dav-client.ts';
import type { BenchEvent, Interval } from './events.ts';
import { RARE_WORD } from './events.ts';
import { busyWithin, namesWithin, namesWithText, startsWithin, union } from './expected.ts';
import type { Scenario } from './measure.ts';
import { isSameEvent } from './same-event.ts';

export interface Bench {
  readonly client: DavClient;
  /** Path of the calendar, with a trailing slash. */
  readonly path: string;
  readonly events: readonly BenchEvent[];
  /** The week that is asked for. */
  readonly week: Interval;
  /**
   * Whether the server answers with the octets that it was sent, and with the sync-token that it names elsewhere: not every
   * server does. Of one that does not, no more is asked than that it answers of the right resources, days and times.
   */
  readonly isExact?: boolean;
}

export function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

export function demandStatus(answer: Answer, status: number): void {
  demand(answer.status === status, `${answer.status}, not ${status}: ${answer.body.toString('utf8').slice(0, 300)}`);
}

/** The last segment of a path: nothing of a collection's. Servers write what is before it in more than one way. */
const nameOf = (href: string): string => href.slice(href.lastIndexOf('/') + 1);

/** Names of the members that a multistatus speaks of, each once. */
export function namesIn(answer: Answer): Set<string> {
  demandStatus(answer, 207);
  const names = multistatus(answer.body).entries.map(({ href }) => nameOf(href));
  demand(new Set(names).size === names.length, 'a resource is named twice');
  return new Set(names.filter((name) => name !== ''));
}

function demandSame(found: ReadonlySet<string>, expected: ReadonlySet<string>): void {
  const missing = [...expected].filter((name) => !found.has(name));
  const extra = [...found].filter((name) => !expected.has(name));
  demand(
    missing.length + extra.length === 0,
    `missing ${missing.slice(0, 5).join()}; too many ${extra.slice(0, 5).join()}`,
  );
}

/** Instants of the DTSTARTs of the events in a text of iCalendar that is in UTC. */
const startsIn = (ics: string): number[] =>
  [...ics.matchAll(/^DTSTART(?:;VALUE=DATE(?:-TIME)?)?:(\d{8}(?:T\d{6}Z)?)\r?$/gm)].map((match) =>
    DateTime.fromISO(match[1]!, { zone: 'utc' }).toMillis(),
  );

function busyIn(ics: string): Interval[] {
  const lines = ics.replace(/\r?\n[ \t]/g, '').split(/\r?\n/);
  const values = lines
    .filter((line) => /^FREEBUSY(?!.*FBTYPE=FREE)/.test(line))
    .map((line) => line.slice(line.indexOf(':') + 1));
  return values
    .flatMap((value) => value.split(','))
    .map((period) => {
      const [from, to] = period.split('/') as [string, string];
      const start = DateTime.fromISO(from, { zone: 'utc' });
      const end = to.startsWith('P') ? start.plus(luxonDuration(to)) : DateTime.fromISO(to, { zone: 'utc' });
      return { start: start.toMillis(), end: end.toMillis() };
    });
}

function luxonDuration(text: string): object {
  const [, weeks, days, hours, minutes, seconds] =
    /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text) ?? [];
  const parts = { weeks, days, hours, minutes, seconds };
  return Object.fromEntries(Object.entries(parts).map(([unit, count]) => [unit, Number(count ?? 0)]));
}

const sameEvent = (event: BenchEvent, text: string | undefined, isExact: boolean): boolean =>
  text !== undefined && (isExact ? text === event.ics : isSameEvent(text, event.ics));

function get({ client, path, events, isExact = true }: Bench): Scenario {
  const eventAt = (turn: number): BenchEvent => events[(turn * 7919) % events.length]!;
  return {
    name: 'get',
    send: (turn) => client.request('GET', path + eventAt(turn).name),
    check(answer, turn) {
      demandStatus(answer, 200);
      const event = eventAt(turn);
      // The first one is what `put` writes again and again.
      const isSame = event === events[0] || sameEvent(event, answer.body.toString('utf8'), isExact);
      demand(isSame, `other octets of ${event.name}`);
    },
  };
}

function ctag({ client, path, isExact = true }: Bench): Scenario {
  return {
    name: 'ctag',
    constant: true,
    send: () => client.request('PROPFIND', path, propfind('0', ['CS:getctag', 'sync-token'])),
    check(answer) {
      demandStatus(answer, 207);
      const props = multistatus(answer.body).entries[0]?.props;
      const found = [props?.get('getctag'), props?.get('sync-token')].filter(Boolean).length;
      demand(found >= (isExact ? 2 : 1), 'no getctag or no sync-token');
    },
  };
}

function list({ client, path, events }: Bench): Scenario {
  const names = new Set(events.map((event) => event.name));
  return {
    name: 'list',
    constant: true,
    send: () => client.request('PROPFIND', path, propfind('1', ['getetag'])),
    check: (answer) => demandSame(namesIn(answer), names),
  };
}

function multiget({ client, path, events, isExact = true }: Bench, count: number): Scenario {
  const wanted = events.slice(1, count + 1);
  const hrefs = wanted.map((event) => `<D:href>${path}${event.name}</D:href>`).join('');
  const report = calendarReport('calendar-multiget', `<D:prop><D:getetag/><C:calendar-data/></D:prop>${hrefs}`);
  return {
    name: `multiget ${count}`,
    constant: true,
    send: () => client.request('REPORT', path, report),
    check(answer) {
      demandStatus(answer, 207);
      const { entries } = multistatus(answer.body);
      const data = new Map(entries.map(({ href, props }) => [nameOf(href), props.get('calendar-data')]));
      demand(entries.length === count, `${entries.length} answers`);
      const wrong = wanted.filter((event) => !sameEvent(event, data.get(event.name), isExact));
      demand(wrong.length === 0, `other octets of ${wrong[0]?.name}`);
    },
  };
}

/** Sync with nothing changed, and of ten changes: both from a token, as every client asks. */
async function syncs({ client, path, events, isExact = true }: Bench): Promise<Scenario[]> {
  const changed = events.slice(1, 11);
  const token = async (): Promise<string> => {
    const answer = await client.request('PROPFIND', path, propfind('0', ['sync-token']));
    return multistatus(answer.body).entries[0]?.props.get('sync-token') ?? '';
  };
  const write = (name: string, body: string): Promise<Answer> =>
    client.request('PUT', path + name, { headers: CALENDAR_HEADERS, body });
  for (const { name, summary, ics } of changed) await write(name, ics.replaceAll(summary, `${summary}!`));
  // Not before these: for who compares contents, what is as it was has not changed.
  const old = await token();
  for (const { name, ics } of changed) await write(name, ics);
  const fresh = await token();
  const scenario = (name: string, from: string, expected: ReadonlySet<string>): Scenario => ({
    name,
    constant: true,
    send: () => client.request('REPORT', path, syncCollection(from)),
    check(answer) {
      demandSame(namesIn(answer), expected);
      demand(!isExact || multistatus(answer.body).syncToken === fresh, 'another sync-token than the collection has');
    },
  });
  return [
    scenario('sync, no change', fresh, new Set()),
    scenario('sync, 10 changes', old, new Set(changed.map((event) => event.name))),
  ];
}

function weekQuery({ client, path, events, week }: Bench): Scenario {
  const report = calendarReport('calendar-query', `<D:prop><D:getetag/></D:prop>${eventsWithin(week.start, week.end)}`);
  const names = namesWithin(events, week);
  return {
    name: 'query week',
    constant: true,
    send: () => client.request('REPORT', path, report),
    check: (answer) => demandSame(namesIn(answer), names),
  };
}

function expand({ client, path, events, week }: Bench): Scenario {
  const range = `start="${utcStamp(week.start)}" end="${utcStamp(week.end)}"`;
  const data = `<D:prop><C:calendar-data><C:expand ${range}/></C:calendar-data></D:prop>`;
  const report = calendarReport('calendar-query', data + eventsWithin(week.start, week.end));
  const starts = startsWithin(events, week).join();
  return {
    name: 'expand week',
    constant: true,
    send: () => client.request('REPORT', path, report),
    check(answer) {
      demandStatus(answer, 207);
      const texts = multistatus(answer.body).entries.map((entry) => entry.props.get('calendar-data') ?? '');
      const found = texts.flatMap(startsIn).sort((left, right) => left - right);
      demand(found.join() === starts, `${found.length} instances with other starts`);
    },
  };
}

function freeBusy({ client, path, events, week }: Bench): Scenario {
  const range = `<C:time-range start="${utcStamp(week.start)}" end="${utcStamp(week.end)}"/>`;
  const expected = busyWithin(events, week);
  return {
    name: 'free-busy week',
    constant: true,
    send: () => client.request('REPORT', path, calendarReport('free-busy-query', range)),
    check(answer) {
      demandStatus(answer, 200);
      const found = union(busyIn(answer.body.toString('utf8')), week);
      demand(found === expected, `busy ${found.slice(0, 200)}, not ${expected.slice(0, 200)}`);
    },
  };
}

function text({ client, path, events }: Bench): Scenario {
  const filter =
    '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY">' +
    `<C:text-match>${RARE_WORD}</C:text-match></C:prop-filter></C:comp-filter></C:comp-filter></C:filter>`;
  const names = namesWithText(events, RARE_WORD);
  return {
    name: 'text',
    constant: true,
    send: () =>
      client.request('REPORT', path, calendarReport('calendar-query', `<D:prop><D:getetag/></D:prop>${filter}`)),
    check: (answer) => demandSame(namesIn(answer), names),
  };
}

/** Questions for which nothing has to be there but the events, in the order of the table. */
export const questions = (bench: Bench): Scenario[] => [
  get(bench),
  ctag(bench),
  list(bench),
  multiget(bench, 50),
  multiget(bench, 500),
  weekQuery(bench),
  expand(bench),
  freeBusy(bench),
  text(bench),
];

/** All questions, those for changes included: for these, ten events are written anew and are as before afterwards. */
export async function reads(bench: Bench): Promise<Scenario[]> {
  const all = questions(bench);
  const at = all.findIndex(({ name }) => name === 'query week');
  return all.toSpliced(at, 0, ...(await syncs(bench)));
}
